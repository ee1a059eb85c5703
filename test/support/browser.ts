/** A browser as far as sessions go: it keeps the cookie, sends it back, and knows the token that a page would. */
export class Browser {
  cookie: string | undefined;
  token: string | undefined;
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const answer = await fetch(this.#url + path, {
      method,
      headers: {
        ...(this.cookie === undefined ? {} : { Cookie: this.cookie }),
        ...(this.token === undefined ? {} : { 'X-CSRF-Token': this.token }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const cookie = answer.headers.get('set-cookie');
    if (cookie !== null) this.cookie = cookie.split(';')[0];
    this.token = answer.headers.get('x-next-csrf-token') ?? this.token;
    return answer;
  }

  /** What a page does when it is opened. */
  async open(): Promise<void> {
    this.token = ((await (await this.call('GET', '/csrf_token')).json()) as { csrf_token: string }).csrf_token;
  }

  signIn(password = 'password-of-ada', username = 'ada'): Promise<Response> {
    return this.call('POST', '/api/v1/signin', { username, password });
  }

  async userName(): Promise<string | undefined> {
    const answer = await this.call('GET', '/api/v1/user/');
    return answer.status === 200 ? ((await answer.json()) as { username: string }).username : undefined;
  }
}
