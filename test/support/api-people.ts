import {
  createAccessToken,
  createUser,
  type Identity,
  OAUTH_SCOPES,
  type OAuthScope,
  type UserActor,
} from '../../src/identity/index.ts';
import type { Database } from '../../src/platform/db/index.ts';
import { createWebApi, type WebApiPorts } from '../../src/web-api/index.ts';
import { startHttp } from './http.ts';
import { cheapPasswords, createTestIdentity } from './identity.ts';
import { webApiPorts } from './web-api.ts';

export interface ApiAnswer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** Somebody who calls, with a token of his. */
export interface Person {
  readonly name: string;
  readonly userId: number;
  readonly token: string;
  readonly actor: UserActor;
}

/** The REST API over a database, and people who call it. */
export interface TestApi extends AsyncDisposable {
  readonly identity: Identity;
  readonly ports: WebApiPorts;
  /** A new user, whose token has all scopes. */
  person(name: string, options?: { readonly superuser?: boolean; readonly email?: string }): Promise<Person>;
  /** Another token of a user. */
  token(person: Person, scopes: readonly OAuthScope[]): Promise<string>;
  /** @param by whose token, or the token itself; undefined: nobody's */
  call(by: Person | string | undefined, method: string, path: string, body?: unknown): Promise<ApiAnswer>;
}

const SYSTEM = { kind: 'system', name: undefined } as const;

export async function startApi(
  db: Database,
  options: {
    readonly rules?: Partial<WebApiPorts['rules']>;
    readonly policy?: Partial<WebApiPorts['catalogPolicy']>;
  } = {},
): Promise<TestApi> {
  const identity = createTestIdentity(db);
  const made = webApiPorts(db, identity, options.rules);
  const ports = { ...made, catalogPolicy: { ...made.catalogPolicy, ...options.policy } };
  const server = await startHttp({ mounts: [{ prefix: '/api/v1', errors: 'quay', handler: createWebApi(ports) }] });
  const token: TestApi['token'] = async ({ userId }, scopes) =>
    (await db.transaction((tx) => createAccessToken(tx, { userId, scopes }))).token;
  return {
    identity,
    ports,
    token,
    async person(name, { superuser = false, email } = {}) {
      const user = { name, password: 'a-password', superuser, ...(email === undefined ? {} : { email }) };
      const { userId } = await createUser({ db, passwords: cheapPasswords }, user, SYSTEM);
      const person = { name, userId, token: '', actor: undefined as unknown as UserActor };
      const full = await token(person, OAUTH_SCOPES);
      return { ...person, token: full, actor: (await identity.authenticateAccessToken(full)) as UserActor };
    },
    async call(by, method, path, body) {
      const bearer = typeof by === 'string' ? by : (by?.token ?? 'none');
      const answer = await fetch(`${server.url}/api/v1${path}`, {
        method,
        headers: {
          Authorization: `Bearer ${bearer}`,
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as ApiAnswer['body'] };
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}
