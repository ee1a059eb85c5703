// Who calls: nobody, an access token that this page keeps in memory, or the session of this browser.

let token;
let csrf;

/** Headers that say who calls; those of a change also prove that the call comes from a page of this server. */
export function credentials(method) {
  const headers = { 'X-Requested-With': 'XMLHttpRequest' };
  if (token !== undefined) return { ...headers, Authorization: `Bearer ${token}` };
  return method === 'GET' || csrf === undefined ? headers : { ...headers, 'X-CSRF-Token': csrf };
}

/** What a command line needs to call as the same caller. */
export function credentialsForCurl(method) {
  if (token !== undefined) return ['-H "Authorization: Bearer $TOKEN"'];
  return method === 'GET' ? [] : ['-H "Authorization: Bearer $TOKEN"'];
}

export function takeNextCsrf(answer) {
  csrf = answer.headers.get('x-next-csrf-token') ?? csrf;
}

export function useToken(value) {
  token = value;
}

/** Signs in and forgets the token. @returns {Promise<string | undefined>} what went wrong */
export async function signIn(username, password) {
  await openSession();
  const answer = await fetch('/api/v1/signin', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Requested-With': 'XMLHttpRequest', 'X-CSRF-Token': csrf },
    body: JSON.stringify({ username, password }),
  });
  if (!answer.ok) {
    const text = await answer.text();
    try {
      const { message, detail, error } = JSON.parse(text);
      return message ?? detail ?? error ?? `The server answered ${answer.status}`;
    } catch {
      return text === '' ? `The server answered ${answer.status}` : text;
    }
  }
  token = undefined;
  takeNextCsrf(answer);
  return undefined;
}

/** Ends the session, if there is one, and forgets the token. */
export async function becomeNobody() {
  const hadToken = token !== undefined;
  token = undefined;
  if (hadToken || csrf === undefined) return;
  const headers = { 'X-Requested-With': 'XMLHttpRequest', 'X-CSRF-Token': csrf };
  await fetch('/api/v1/signout', { method: 'POST', headers });
  await openSession();
}

export async function openSession() {
  const answer = await fetch('/csrf_token', { headers: { 'X-Requested-With': 'XMLHttpRequest' } });
  csrf = answer.ok ? (await answer.json()).csrf_token : undefined;
}

/** A sentence for the head of the page. */
export async function describeCaller() {
  const answer = await fetch('/api/v1/user/', { headers: credentials('GET') });
  if (token !== undefined) return answer.ok ? `Token of ${(await answer.json()).username}` : 'An access token';
  return answer.ok ? `Signed in as ${(await answer.json()).username}` : 'Calling as nobody';
}
