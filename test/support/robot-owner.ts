import type { IdentityPorts, IdentitySettings, OAuthScope, UserActor } from '../../src/identity/index.ts';
import { createAccessToken, createIdentity, createOrganization, createUser } from '../../src/identity/index.ts';
import { type Clock, systemClock } from '../../src/kernel/clock.ts';
import type { Database } from '../../src/platform/db/index.ts';
import { createWebApi } from '../../src/web-api/index.ts';
import { startHttp } from './http.ts';
import { cheapPasswords, IDENTITY_SETTINGS, silentLog, testBox } from './identity.ts';
import { webApiPorts } from './web-api.ts';

const SYSTEM = { kind: 'system', name: undefined } as const;

export interface RobotOwnerOptions {
  /** Of the owner's access token. */
  readonly scopes?: readonly OAuthScope[];
  readonly clock?: Clock;
  readonly settings?: Partial<IdentitySettings>;
  readonly ports?: Pick<IdentityPorts, 'net' | 'robotInUse'>;
}

let people = 0;

/** A registry with the API, and a user with an organization of his own and a token for calls. */
export async function startRobotOwner(db: Database, options: RobotOwnerOptions = {}) {
  const { scopes = ['user:admin', 'org:admin', 'repo:admin', 'repo:create'], clock = systemClock } = options;
  const identity = createIdentity(
    { db, clock, log: silentLog, box: testBox, passwords: cheapPasswords, ...options.ports },
    { ...IDENTITY_SETTINGS, ...options.settings },
  );
  const server = await startHttp({
    mounts: [{ prefix: '/api/v1', errors: 'quay', handler: createWebApi(webApiPorts(db, identity)) }],
  });
  people += 1;
  const [name, orgname] = [`person${people}`, `company${people}`];
  const created = await createUser(
    { db, passwords: cheapPasswords },
    { name, password: 'a-password', superuser: false },
    SYSTEM,
  );
  const token = await db.transaction(async (tx) => {
    await createOrganization(tx, orgname, created, SYSTEM);
    return (await createAccessToken(tx, { userId: created.userId, scopes })).token;
  });
  const user = (await identity.authenticateAccessToken(token)) as UserActor;
  const call = async (method: string, path: string, body?: unknown, bearer = token) => {
    const answer = await fetch(`${server.url}/api/v1${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${bearer}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
  };
  const signIn = (robot: string, secret: unknown, address = '192.0.2.1') =>
    identity.authenticateBasic(robot, String(secret), address);
  return { db, identity, server, user, name, orgname, call, signIn };
}
