/** Longest accepted address of an application, in characters. */
const ADDRESS_MAX = 2048;

/**
 * What is wrong with the address that answers of an authorization are to be sent to; undefined: nothing. It must be whole and in
 * the one form that browsers turn it into, so that comparing it letter by letter is enough and no other address looks like it.
 */
export function redirectUriFault(text: string): string | undefined {
  const fault = addressFault('redirect_uri', text);
  if (fault !== undefined || text === '') return fault;
  return text.includes('#') ? 'The redirect_uri must not have a fragment (#); leave it out' : undefined;
}

/** The same for an address that people are shown to follow. @param what its name in messages */
export function addressFault(what: string, text: string): string | undefined {
  if (text === '') return undefined;
  if (text.length > ADDRESS_MAX) return `The ${what} may have ${ADDRESS_MAX} characters`;
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || !/^https?:\/\/[^/]/.test(text)) {
    return `The ${what} must be a whole address that begins with https:// or http://`;
  }
  if (url.username !== '' || url.password !== '') {
    return `The ${what} must not have a user name or password before the host`;
  }
  // Upper case in the host, default ports, dot segments, white space, backslashes, letters outside ASCII.
  if (url.href !== text && url.href !== `${text}/`) return `Write the ${what} as ${url.href}`;
  return undefined;
}

/** Adds parameters behind those that the address has; those without a value are left out. */
export function withParameters(
  uri: string,
  where: 'query' | 'fragment',
  parameters: Readonly<Record<string, string | number | undefined>>,
): string {
  const list = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) list.append(name, String(value));
  if (where === 'fragment') return `${uri}#${list.toString()}`;
  return `${uri}${uri.includes('?') ? '&' : '?'}${list.toString()}`;
}
