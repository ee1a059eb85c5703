import { beforeAll, expect, it } from 'vitest';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import { startHttp, type TestServer } from '../../test/support/http.ts';
import { cheapPasswords, createTestIdentity } from '../../test/support/identity.ts';
import { QUAY_OPERATIONS } from '../../test/support/quay-operations.ts';
import { POLICY, webApiPorts } from '../../test/support/web-api.ts';
import { ensureRepository, grantRole, resolveAccess } from '../catalog/index.ts';
import {
  createAccessToken,
  createOrganization,
  createUser,
  type Identity,
  OAUTH_SCOPES,
  type OAuthScope,
  type UserActor,
} from '../identity/index.ts';
import { parseRepositoryName, type RepositoryName } from '../kernel/reference.ts';
import type { Database } from '../platform/db/index.ts';
import { webApiOperations } from './create-web-api.ts';
import type { Operation } from './frame/operation.ts';
import { createWebApi } from './index.ts';

const SYSTEM = { kind: 'system', name: undefined } as const;
const ROLES = ['none', 'read', 'write', 'admin'] as const;
type Role = (typeof ROLES)[number];

/** Everything of a caller that bears on what he may do. */
interface Identified {
  readonly name: string;
  readonly signedIn: boolean;
  readonly superuser?: boolean;
  /** On the private repository of the organization. */
  readonly role: Role;
  readonly organization: 'none' | 'admin';
}

const PEOPLE: readonly Identified[] = [
  { name: 'stranger', signedIn: true, role: 'none', organization: 'none' },
  { name: 'owner', signedIn: true, role: 'admin', organization: 'admin' },
  { name: 'reader', signedIn: true, role: 'read', organization: 'none' },
  { name: 'writer', signedIn: true, role: 'write', organization: 'none' },
  { name: 'keeper', signedIn: true, role: 'admin', organization: 'none' },
  { name: 'root', signedIn: true, superuser: true, role: 'none', organization: 'none' },
];

/** Tokens with all scopes, with none of use, and with each alone. */
const SCOPES: readonly (readonly OAuthScope[])[] = [OAUTH_SCOPES, ...OAUTH_SCOPES.map((scope) => [scope])];

/** The strongest role that scopes let a token use. */
function ceiling(scopes: readonly OAuthScope[]): Role {
  if (scopes.includes('repo:admin')) return 'admin';
  if (scopes.includes('repo:write')) return 'write';
  return scopes.includes('repo:read') ? 'read' : 'none';
}

/** What Quay's table says of a caller, read independently of how the operations declare it. */
function mayByQuay(operation: Operation, person: Identified, scopes: readonly OAuthScope[]): boolean {
  const quays = QUAY_OPERATIONS.find(({ operationId }) => operationId === operation.id);
  const who = quays?.who ?? '-';
  const rank = (role: Role): number => ROLES.indexOf(role);
  if (operation.id === 'getLoggedInUser') return scopes.some((scope) => scope.startsWith('user:'));
  if (who === '-') return true;
  // In the caller's own namespace, as long as the body names no other.
  if (who.startsWith('ns creator')) return scopes.includes('repo:create');
  if (who.startsWith('self') && operation.path.startsWith('/user/')) return scopes.includes('user:admin');
  if (who.startsWith('self') && !operation.path.includes('{orgname}')) return scopes.includes('user:admin');
  const asSuperuser = person.superuser === true && scopes.includes('super:user');
  if (operation.path.includes('{orgname}')) {
    return (person.organization === 'admin' && scopes.includes('org:admin')) || (/ SU\b/.test(who) && asSuperuser);
  }
  const needed = /^repo (read|write|admin)/.exec(who)?.[1];
  if (needed !== 'read' && needed !== 'write' && needed !== 'admin') throw new Error(`"${who}" is not understood`);
  return Math.min(rank(person.role), rank(ceiling(scopes))) >= rank(needed);
}

/** Calls that end a session or change who the caller is, or that are about the first user only. */
const WITHOUT_PERMISSION = ['signinUser', 'logout', 'initializeUser', 'discovery', 'getErrorDescription', 'listRepos'];

describeOnBothDatabases('the permissions of the API', (context) => {
  let server: TestServer;
  let identity: Identity;
  let operations: readonly Operation[];
  const tokens = new Map<string, string>();
  let repositories = 0;

  const makeRepository = async (db: Database, name: string): Promise<RepositoryName> => {
    const parsed = parseRepositoryName(`acme/${name}`);
    if (parsed === undefined) throw new Error(`"${name}" is not a name`);
    const owner = (await identity.authenticateAccessToken(tokens.get('owner 0') ?? '')) as UserActor;
    await db.transaction((tx) => ensureRepository(tx, POLICY, owner, parsed));
    const { repository } = await resolveAccess(db, POLICY, owner, parsed);
    if (repository === undefined) throw new Error('the repository was not made');
    for (const { name: person, role } of PEOPLE) {
      if (role === 'none' || person === 'owner') continue;
      const account = (await identity.authenticateAccessToken(tokens.get(`${person} 0`) ?? '')) as UserActor;
      const grantee = { kind: 'user', id: account.userId } as const;
      const change = { repository, name: parsed, grantee, granteeName: person, actor: owner };
      await db.transaction((tx) => grantRole(tx, change, role));
    }
    return parsed;
  };

  beforeAll(async () => {
    const { db } = context();
    identity = createTestIdentity(db);
    const ports = webApiPorts(db, identity);
    operations = webApiOperations(ports);
    server = await startHttp({ mounts: [{ prefix: '/api/v1', errors: 'quay', handler: createWebApi(ports) }] });
    for (const { name, superuser } of PEOPLE) {
      const user = { name, password: 'a-password', superuser: superuser === true };
      const { userId } = await createUser({ db, passwords: cheapPasswords }, user, SYSTEM);
      await db.transaction(async (tx) => {
        for (const [index, scopes] of SCOPES.entries()) {
          tokens.set(`${name} ${index}`, (await createAccessToken(tx, { userId, scopes })).token);
        }
        if (name === 'owner') await createOrganization(tx, 'acme', { userId }, SYSTEM);
      });
    }
    await makeRepository(db, 'app');
    return () => server.close();
  });

  const call = async (operation: Operation, repository: string, token: string | undefined) => {
    const values: Readonly<Record<string, string>> = {
      repository,
      orgname: 'acme',
      username: 'nobody-at-all',
      teamname: 'no-such-team',
      robot_shortname: 'no-such-robot',
    };
    const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? 'x');
    const answer = await fetch(`${server.url}/api/v1${path}`, {
      method: operation.method,
      headers: token === undefined ? { Authorization: 'Bearer none' } : { Authorization: `Bearer ${token}` },
    });
    return answer.status;
  };

  it('are those of Quay for every operation, person and scope', async () => {
    const { db } = context();
    const wrong: string[] = [];
    let cases = 0;
    for (const operation of operations.filter(({ id }) => !WITHOUT_PERMISSION.includes(id))) {
      // One that deletes gets something of its own to delete each time.
      const deletes = operation.id === 'deleteRepository';
      const target = async () => (deletes ? makeRepository(db, `gone-${(repositories += 1)}`) : 'acme/app');
      for (const person of PEOPLE) {
        for (const [index, scopes] of SCOPES.entries()) {
          const expected = mayByQuay(operation, person, scopes) ? 'allowed' : 403;
          const status = await call(operation, await target(), tokens.get(`${person.name} ${index}`));
          const seen = status === 401 || status === 403 ? status : 'allowed';
          cases += 1;
          if (seen !== expected) wrong.push(`${operation.id} by ${person.name} with ${scopes.join(' ')}: ${status}`);
        }
      }
      const anonymous = await call(operation, 'acme/app', undefined);
      cases += 1;
      if (anonymous !== 401) wrong.push(`${operation.id} by nobody: ${anonymous}`);
      const missing = await call(operation, 'acme/none', tokens.get('stranger 0'));
      if (operation.path.includes('{repository}') && missing !== 403)
        wrong.push(`${operation.id} of nothing: ${missing}`);
    }
    expect(wrong).toEqual([]);
    expect(cases).toBeGreaterThan(1000);
  });
});
