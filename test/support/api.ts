import {
  createAccessToken,
  createUser,
  type Identity,
  type OAuthScope,
  type StandingRules,
} from '../../src/identity/index.ts';
import type { Database } from '../../src/platform/db/index.ts';
import { createWebApi, type WebApiPorts } from '../../src/web-api/index.ts';
import { startHttp, type TestServer } from './http.ts';
import { cheapPasswords, createTestIdentity } from './identity.ts';
import { STANDING } from './standing.ts';
import { POLICY, webApiPorts } from './web-api.ts';

const SYSTEM = { kind: 'system', name: undefined } as const;

const ALL: readonly OAuthScope[] = ['repo:admin', 'repo:create', 'user:admin', 'org:admin', 'super:user'];

export interface ApiAnswer {
  readonly status: number;
  /** Parsed; `{}` when there is none. */
  readonly body: Record<string, unknown>;
}

/** Calls the API as one person. */
export type ApiCall = (method: string, path: string, body?: unknown) => Promise<ApiAnswer>;

export interface TestApi extends AsyncDisposable {
  readonly server: TestServer;
  readonly identity: Identity;
  /** A new user, and calls with a token of his. */
  person(
    name: string,
    options?: { readonly superuser?: boolean; readonly scopes?: readonly OAuthScope[]; readonly email?: string },
  ): Promise<{ readonly userId: number; readonly name: string; readonly call: ApiCall }>;
  /** Calls without credentials; a change is no concern of CSRF, for an invalid token comes with it. */
  readonly anonymous: ApiCall;
}

/** The REST API on a database; `ports` change what it is made of, `rules` who stands out. */
export async function startApi(
  db: Database,
  ports: Partial<WebApiPorts> = {},
  rules: Partial<StandingRules> = {},
): Promise<TestApi> {
  const standing = { ...STANDING, ...rules };
  const identity = createTestIdentity(db, { settings: { standing } });
  const catalogPolicy = { ...POLICY, standing };
  const handler = createWebApi({ ...webApiPorts(db, identity), catalogPolicy, ...ports });
  const server = await startHttp({ mounts: [{ prefix: '/api/v1', errors: 'quay', handler }] });
  const caller =
    (token: string): ApiCall =>
    async (method, path, body) => {
      const answer = await fetch(`${server.url}/api/v1${path}`, {
        method,
        headers: {
          Authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
    };
  return {
    server,
    identity,
    async person(name, { superuser = false, scopes = ALL, email } = {}) {
      const user = { name, password: 'a-password', superuser, email };
      const { userId } = await createUser({ db, passwords: cheapPasswords }, user, SYSTEM);
      const { token } = await db.transaction((tx) => createAccessToken(tx, { userId, scopes }));
      return { userId, name, call: caller(token) };
    },
    anonymous: caller('none'),
    [Symbol.asyncDispose]: () => server.close(),
  };
}
