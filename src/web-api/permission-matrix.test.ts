import { Agent, request } from 'node:http';
import { beforeAll, expect, it } from 'vitest';
import { byToken, bySession, type Credentials } from '../../test/support/api-caller.ts';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import { startHttp, type TestServer } from '../../test/support/http.ts';
import { cheapPasswords, createTestIdentity } from '../../test/support/identity.ts';
import { QUAY_OPERATIONS, type QuayOperation, ROBOT_EXTRAS } from '../../test/support/quay-operations.ts';
import { type Identified, mayByQuay } from '../../test/support/quay-permissions.ts';
import { STANDING } from '../../test/support/standing.ts';
import { POLICY, webApiPorts } from '../../test/support/web-api.ts';
import { type Grantee, ensureRepository, grantRole, resolveAccess } from '../catalog/index.ts';
import {
  createAccessToken,
  createOrganization,
  createUser,
  type Identity,
  type IdentityTables,
  OAUTH_SCOPES,
  type OAuthScope,
  type StandingRules,
  type UserActor,
} from '../identity/index.ts';
import { parseRepositoryName } from '../kernel/reference.ts';
import type { Database } from '../platform/db/index.ts';
import { webApiOperations } from './create-web-api.ts';
import { answer } from './frame/answer.ts';
import type { Operation } from './frame/operation.ts';
import { OperationTable } from './frame/operation-table.ts';
import { serveOperations } from './frame/serve-operations.ts';

const SYSTEM = { kind: 'system', name: undefined } as const;

/** Who calls. Rights of a new kind are a row here, and what the table's words mean for it in `quay-permissions.ts`. */
const PEOPLE: readonly Identified[] = [
  { name: 'stranger', role: 'none', organization: 'none' },
  { name: 'owner', role: 'admin', organization: 'admin' },
  { name: 'creator', role: 'none', organization: 'creator' },
  // His team may read.
  { name: 'member', role: 'read', organization: 'member' },
  { name: 'reader', role: 'read', organization: 'none' },
  { name: 'writer', role: 'write', organization: 'none' },
  { name: 'keeper', role: 'admin', organization: 'none' },
  { name: 'root', superuser: true, role: 'none', organization: 'none' },
  { name: 'seer', superuser: true, readsEverything: true, role: 'none', organization: 'none' },
  { name: 'bound', restricted: true, role: 'none', organization: 'none' },
];

/** A session, and a token with all scopes. */
const EVERYTHING: readonly (readonly OAuthScope[] | undefined)[] = [undefined, OAUTH_SCOPES];
/** For those whose rights reach further than any one scope: tokens with each alone. */
const SINGLE_SCOPES: readonly (readonly OAuthScope[])[] = OAUTH_SCOPES.map((scope) => [scope]);
const WITH_SINGLE_SCOPES = ['stranger', 'owner', 'keeper', 'root', 'seer'];

/** Everyone but one is named in RESTRICTED_USERS_WHITELIST. */
const RULES: StandingRules = {
  ...STANDING,
  readOnlySuperusers: new Set(['seer']),
  unrestrictedUsers: new Set(PEOPLE.filter(({ restricted }) => restricted !== true).map(({ name }) => name)),
};

/** What stands for each parameter of a path; what is not here, there is none of. */
const FIXTURES: Readonly<Record<string, string>> = {
  repository: 'acme/app',
  orgname: 'acme',
  teamname: 'owners',
  username: 'stranger',
  error_type: 'not_found',
};

/** The same for what nobody has. */
const MISSING: Readonly<Record<string, string>> = { ...FIXTURES, repository: 'acme/none', orgname: 'nobody' };

interface Caller {
  readonly person: Identified | undefined;
  readonly scopes: readonly OAuthScope[] | undefined;
  readonly credentials: Credentials;
  readonly what: string;
}

interface Case {
  readonly operation: Operation;
  readonly quays: QuayOperation;
}

/** Thousands of calls; on a busy machine they take their time. */
const PATIENCE_MS = 120_000;

describeOnBothDatabases('the permissions of the API', (context) => {
  let server: TestServer;
  /** The same with FEATURE_SUPERUSERS_FULL_ACCESS. */
  let withFullAccess: TestServer;
  let cases: readonly Case[];
  let callers: readonly Caller[];
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });

  beforeAll(async () => {
    const { db } = context();
    const identity = createTestIdentity(db, { settings: { standing: RULES } });
    const ports = webApiPorts(db, identity);
    const operations = webApiOperations(ports);
    cases = operations.flatMap((operation) => {
      const like = ROBOT_EXTRAS.get(operation.id) ?? operation.id;
      const quays = QUAY_OPERATIONS.find(({ operationId }) => operationId === like);
      const { method, path } = operation;
      return quays === undefined ? [] : [{ operation, quays: { ...quays, method, path } }];
    });
    const served = cases.map(({ operation, quays }) => decidedOnly(operation, quays));
    const { rules } = ports;
    // Who has just signed in, so that fresh login refuses nobody.
    const table = new OperationTable(served);
    const serve = (standing: StandingRules) => {
      const handler = serveOperations(table, {
        ...ports,
        catalogPolicy: { ...POLICY, standing },
        rules,
        cookieName: '_csrf_token',
        now: () => ports.clock.now(),
      });
      return startHttp({ mounts: [{ prefix: '/api/v1', errors: 'quay', handler }] });
    };
    server = await serve(RULES);
    withFullAccess = await serve({ ...RULES, fullAccess: true });
    callers = await makeWorld(db, identity);
    return async () => {
      agent.destroy();
      await server.close();
      await withFullAccess.close();
    };
  });

  const call = (
    operation: Operation,
    values: Readonly<Record<string, string>>,
    { credentials }: Caller,
    at: TestServer = server,
  ) =>
    new Promise<{ status: number; body: string }>((resolve, reject) => {
      const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? 'none-such');
      const options = { method: operation.method, headers: credentials, agent };
      const sent = request(`${at.url}/api/v1${path}`, options, (received) => {
        let body = '';
        received.setEncoding('utf8').on('data', (text: string) => (body += text));
        received.on('end', () => resolve({ status: received.statusCode ?? 0, body }));
      });
      sent.on('error', reject).end();
    });

  /** Calls of all kinds side by side: they change nothing. */
  const eachCase = async (check: (one: Case, caller: Caller) => Promise<string | undefined>): Promise<string[]> => {
    const wrong: string[] = [];
    for (const one of cases) {
      const found = await Promise.all(callers.map((caller) => check(one, caller)));
      wrong.push(...found.filter((text) => text !== undefined).map((text) => `${one.operation.id} by ${text}`));
    }
    return wrong;
  };

  const compare = async (at: TestServer, who: (caller: Caller) => boolean) => {
    let count = 0;
    const wrong = await eachCase(async ({ operation, quays }, caller) => {
      if (!who(caller)) return undefined;
      const targets = operation.path.includes('{repository}') ? ['acme/app', 'acme/open'] : [undefined];
      for (const repository of targets) {
        const { person, scopes } = caller;
        const isPublic = repository === 'acme/open';
        // Nobody but the organization's owner has a role on the public one.
        const role = isPublic && person?.organization !== 'admin' ? 'none' : (person?.role ?? 'none');
        const known = person === undefined ? undefined : { ...person, role };
        const may = mayByQuay(quays, known, { scopes, isPublic, fullAccess: at === withFullAccess });
        const { status } = await call(operation, { ...FIXTURES, ...(repository && { repository }) }, caller, at);
        count += 1;
        if (status >= 500) return `${caller.what}: ${status}`;
        const refused = status === 401 || status === 403 ? status : undefined;
        const expected = may ? undefined : person === undefined ? 401 : 403;
        if (refused !== expected)
          return `${caller.what} of ${repository ?? 'acme'}: ${status}, ${may ? 'may' : 'may not'}`;
      }
      return undefined;
    });
    expect(wrong).toEqual([]);
    return count;
  };

  it('are those of Quay for every operation, caller and scope', { timeout: PATIENCE_MS }, async () => {
    expect(await compare(server, () => true)).toBeGreaterThan(2000);
  });

  it('are those of Quay where superusers have full access', async () => {
    const isSuperuser = ({ person }: Caller) => person?.superuser === true;
    expect(await compare(withFullAccess, isSuperuser)).toBeGreaterThan(300);
  });

  it('hide what there is from everyone who may not see it', { timeout: PATIENCE_MS }, async () => {
    let count = 0;
    const wrong = await eachCase(async ({ operation }, caller) => {
      if (caller.scopes !== undefined) return undefined;
      const real = await call(operation, FIXTURES, caller);
      if (real.status !== 401 && real.status !== 403) return undefined;
      const missing = await call(operation, MISSING, caller);
      count += 1;
      const same = missing.status === real.status && missing.body === real.body;
      return same
        ? undefined
        : `${caller.what}: ${real.status} ${real.body}, and of nothing ${missing.status} ${missing.body}`;
    });
    expect(wrong).toEqual([]);
    expect(count).toBeGreaterThan(100);
  });
});

/**
 * Reading is carried out. What changes something is only decided about, unless its permission is decided in the operation itself
 * and Quay's table asks for one.
 */
function decidedOnly(operation: Operation, { who }: QuayOperation): Operation {
  if (operation.method === 'GET' || (operation.permission.kind === 'anyone' && who !== '-')) return operation;
  return { ...operation, handle: () => Promise.resolve(answer({})) };
}

/** An organization with teams and a private and a public repository, and everybody with each kind of credentials. */
async function makeWorld(db: Database, identity: Identity): Promise<readonly Caller[]> {
  const users = new Map<string, UserActor>();
  for (const { name, superuser } of PEOPLE) {
    const user = { name, password: 'a-password', superuser: superuser === true };
    const { userId } = await createUser({ db, passwords: cheapPasswords }, user, SYSTEM);
    users.set(name, { kind: 'user', userId, name, passwordVersion: 1, scopes: undefined });
  }
  const find = (name: string): UserActor => {
    const user = users.get(name);
    if (user === undefined) throw new Error(`there is no ${name}`);
    return user;
  };
  const owner = find('owner');
  const { organizationId } = await db.transaction((tx) => createOrganization(tx, 'acme', owner, SYSTEM));
  const makeTeam = async (name: string, role: 'member' | 'creator', member: string): Promise<number> =>
    db.transaction(async (tx) => {
      const query = tx.query<IdentityTables>();
      const team = { organization_id: organizationId, name, role };
      const { id } = await query.insertInto('team').values(team).returning('id').executeTakeFirstOrThrow();
      await query
        .insertInto('team_member')
        .values({ team_id: id, user_id: find(member).userId })
        .execute();
      return id;
    });
  await makeTeam('makers', 'creator', 'creator');
  const readers = await makeTeam('readers', 'member', 'member');
  const grantees: readonly (readonly [string, 'read' | 'write' | 'admin', Grantee])[] = [
    ['readers', 'read', { kind: 'team', id: readers }],
    ['reader', 'read', { kind: 'user', id: find('reader').userId }],
    ['writer', 'write', { kind: 'user', id: find('writer').userId }],
    ['keeper', 'admin', { kind: 'user', id: find('keeper').userId }],
  ];
  for (const [text, policy, granted] of [
    ['acme/app', POLICY, grantees],
    ['acme/open', { ...POLICY, createPrivateOnPush: false }, []],
  ] as const) {
    const name = parseRepositoryName(text);
    if (name === undefined) throw new Error(`"${text}" is not a name`);
    await db.transaction((tx) => ensureRepository(tx, policy, owner, name));
    const { repository } = await resolveAccess(db, policy, owner, name);
    if (repository === undefined) throw new Error('the repository was not made');
    for (const [granteeName, role, grantee] of granted) {
      await db.transaction((tx) => grantRole(tx, { repository, name, grantee, granteeName, actor: owner }, role));
    }
  }
  return [...(await nobodies(db, identity)), ...(await everybody(db, identity, find))];
}

/** Callers that are nobody to the API, each for another reason. */
async function nobodies(db: Database, identity: Identity): Promise<Caller[]> {
  const cookie = identity.sessions.newCookie();
  const nobody = { Cookie: `_csrf_token=${cookie}`, 'X-CSRF-Token': identity.csrf.of(cookie) };
  const disabled = await createUser(
    { db, passwords: cheapPasswords },
    { name: 'disabled', password: 'a-password', superuser: true },
    SYSTEM,
  );
  const user: UserActor = { ...disabled, kind: 'user', name: 'disabled', passwordVersion: 1, scopes: undefined };
  const session = await bySession(db, identity, user);
  const robot = await db.transaction(async (tx) => {
    await tx
      .query<IdentityTables>()
      .updateTable('namespace')
      .set({ enabled: 0 })
      .where('id', '=', user.userId)
      .execute();
    const acme = await tx
      .query<IdentityTables>()
      .selectFrom('namespace')
      .select(['id', 'name'])
      .where('name', '=', 'acme')
      .executeTakeFirstOrThrow();
    return identity.robots.create(tx, { owner: acme, shortName: 'ci' }, SYSTEM);
  });
  const basic = { Authorization: `Basic ${Buffer.from(`acme+ci:${robot.token}`).toString('base64')}` };
  return [
    { person: undefined, scopes: undefined, credentials: nobody, what: 'nobody' },
    { person: undefined, scopes: undefined, credentials: session, what: 'a disabled superuser' },
    { person: undefined, scopes: undefined, credentials: { ...nobody, ...basic }, what: 'a robot' },
  ];
}

async function everybody(db: Database, identity: Identity, find: (name: string) => UserActor): Promise<Caller[]> {
  const callers: Caller[] = [];
  for (const person of PEOPLE) {
    const user = find(person.name);
    for (const scopes of [...EVERYTHING, ...(WITH_SINGLE_SCOPES.includes(person.name) ? SINGLE_SCOPES : [])]) {
      const credentials =
        scopes === undefined
          ? await bySession(db, identity, user)
          : byToken((await db.transaction((tx) => createAccessToken(tx, { userId: user.userId, scopes }))).token);
      const what = `${person.name} with ${scopes?.join(' ') ?? 'a session'}`;
      callers.push({ person, scopes, credentials, what });
    }
  }
  return callers;
}
