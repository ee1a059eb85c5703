import {
  createAccessToken,
  createOrganization,
  createUser,
  type Identity,
  OAUTH_SCOPES,
  type OAuthScope,
  type OAuthSettings,
  type UserActor,
} from '../../src/identity/index.ts';
import type { AuditTables } from '../../src/audit/index.ts';
import type { Clock } from '../../src/kernel/clock.ts';
import type { Database } from '../../src/platform/db/index.ts';
import { createOAuthHandler, createWebApi, type WebApiPorts } from '../../src/web-api/index.ts';
import { startHttp } from './http.ts';
import { cheapPasswords, createTestIdentity, IDENTITY_SETTINGS } from './identity.ts';
import { webApiPorts } from './web-api.ts';

const SYSTEM = { kind: 'system', name: undefined } as const;
let count = 0;

/** A user with a browser in which he has signed in, and with a token of all scopes. */
export interface Person {
  readonly name: string;
  readonly password: string;
  readonly actor: UserActor;
  readonly cookie: string;
  readonly csrf: string;
  readonly token: string;
}

export interface OAuthWorld extends AsyncDisposable {
  readonly db: Database;
  readonly url: string;
  readonly identity: Identity;
  /** Administrator of `organization`. */
  readonly admin: Person;
  /** In no organization. */
  readonly stranger: Person;
  readonly organization: string;
  /** A request with a browser or without; redirections are not followed. */
  readonly send: (method: string, path: string, options?: SendOptions) => Promise<OAuthAnswer>;
  /** A call of the API by the administrator, or with another token. */
  readonly api: (method: string, path: string, body?: unknown, token?: string) => Promise<OAuthAnswer>;
  /** Registers an application of the organization. */
  register(facts?: Readonly<Record<string, unknown>>): Promise<{ readonly id: string; readonly secret: string }>;
  /** What was logged about the organization or a user, oldest first. */
  logged(namespace: string): Promise<readonly { readonly kind: string; readonly metadata: unknown }[]>;
  makeToken(person: Person, scopes: readonly OAuthScope[]): Promise<string>;
}

export interface SendOptions {
  /** Sends the cookie of this person's session. */
  readonly as?: Person;
  readonly form?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface OAuthAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Record<string, unknown>;
  readonly location: string | null;
}

/** The API and `/oauth` over a fresh organization with its administrator, and a stranger. */
export async function startOAuth(
  db: Database,
  options: {
    readonly settings?: Partial<OAuthSettings>;
    readonly rules?: Partial<WebApiPorts['rules']>;
    readonly clock?: Clock;
    readonly featuresOff?: readonly string[];
  } = {},
): Promise<OAuthWorld> {
  count += 1;
  const organization = `company${count}`;
  const oauth = { ...IDENTITY_SETTINGS.oauth, ...options.settings };
  const { clock } = options;
  const identity = createTestIdentity(db, { settings: { oauth }, ...(clock === undefined ? {} : { clock }) });
  const ports = {
    ...webApiPorts(db, identity, options.rules, clock),
    featuresOff: new Set(options.featuresOff),
  };
  const server = await startHttp({
    mounts: [
      { prefix: '/api/v1', errors: 'quay', handler: createWebApi(ports) },
      { prefix: '/oauth', errors: 'quay', handler: createOAuthHandler(ports) },
    ],
  });

  const makePerson = async (name: string): Promise<Person> => {
    const password = `password-of-${name}`;
    const { userId } = await createUser(
      { db, passwords: cheapPasswords },
      { name, password, superuser: false },
      SYSTEM,
    );
    const actor: UserActor = { kind: 'user', userId, name, passwordVersion: 1, scopes: undefined };
    const [cookie, token] = await db.transaction(async (tx) => [
      await identity.sessions.begin(tx, actor),
      (await createAccessToken(tx, { userId, scopes: OAUTH_SCOPES })).token,
    ]);
    return { name, password, actor, cookie, csrf: identity.csrf.of(cookie), token };
  };
  const admin = await makePerson(`admin${count}`);
  const stranger = await makePerson(`stranger${count}`);
  await db.transaction((tx) => createOrganization(tx, organization, admin.actor, SYSTEM));

  const send = async (method: string, path: string, { as, form, headers }: SendOptions = {}): Promise<OAuthAnswer> => {
    const answer = await fetch(server.url + path, {
      method,
      redirect: 'manual',
      headers: { ...(as === undefined ? {} : { Cookie: `_csrf_token=${as.cookie}` }), ...headers },
      ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
    });
    return read(answer);
  };
  const api = async (method: string, path: string, body?: unknown, token = admin.token): Promise<OAuthAnswer> =>
    read(
      await fetch(`${server.url}/api/v1${path}`, {
        method,
        headers: {
          Authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
  return {
    db,
    url: server.url,
    identity,
    admin,
    stranger,
    organization,
    send,
    api,
    async register(facts = {}) {
      const { body } = await api('POST', `/organization/${organization}/applications`, { name: 'Robot arm', ...facts });
      return { id: String(body['client_id']), secret: String(body['client_secret']) };
    },
    async logged(namespace) {
      const rows = await db
        .read<AuditTables & { namespace: { id: number; name: string } }>()
        .selectFrom('audit_log as l')
        .innerJoin('namespace as n', 'n.id', 'l.namespace_id')
        .select(['l.kind', 'l.metadata'])
        .where('n.name', '=', namespace)
        .orderBy('l.id')
        .execute();
      return rows.map(({ kind, metadata }) => ({ kind, metadata: JSON.parse(metadata) as unknown }));
    },
    makeToken: (person, scopes) =>
      db.transaction(async (tx) => (await createAccessToken(tx, { userId: person.actor.userId, scopes })).token),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

async function read(answer: Response): Promise<OAuthAnswer> {
  const text = await answer.text();
  const isJson = (answer.headers.get('content-type') ?? '').includes('json');
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    body: (isJson && text !== '' ? JSON.parse(text) : {}) as Record<string, unknown>,
    location: answer.headers.get('location'),
  };
}

/** The parameters that a redirection carries behind its `#`, else behind its `?`. */
export function carried({ location }: OAuthAnswer): Record<string, string> {
  const url = new URL(location ?? 'none:');
  return Object.fromEntries(new URLSearchParams(url.hash === '' ? url.search : url.hash.slice(1)));
}
