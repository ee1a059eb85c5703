import { beforeAll, describe, expect, it } from 'vitest';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import { startHttp } from '../../test/support/http.ts';
import { cheapPasswords, createTestIdentity } from '../../test/support/identity.ts';
import { STANDING } from '../../test/support/standing.ts';
import { POLICY, webApiPorts } from '../../test/support/web-api.ts';
import {
  createAccessToken,
  createOrganization,
  createUser,
  OAUTH_SCOPES,
  type StandingRules,
} from '../identity/index.ts';
import { createWebApi } from './index.ts';

const SYSTEM = { kind: 'system', name: undefined } as const;

describeOnBothDatabases('what users are beside their grants', (context) => {
  const tokens = new Map<string, string>();

  beforeAll(async () => {
    const { db } = context();
    const robots = createTestIdentity(db).robots;
    for (const name of ['owner', 'root', 'seer', 'bound']) {
      const user = { name, password: 'a-password', superuser: name === 'root' };
      const { userId } = await createUser({ db, passwords: cheapPasswords }, user, SYSTEM);
      await db.transaction(async (tx) => {
        tokens.set(name, (await createAccessToken(tx, { userId, scopes: OAUTH_SCOPES })).token);
        await robots.create(tx, { owner: { id: userId, name }, shortName: 'old' }, SYSTEM);
        if (name !== 'owner') return;
        const { organizationId } = await createOrganization(tx, 'acme', { userId }, SYSTEM);
        await robots.create(tx, { owner: { id: organizationId, name: 'acme' }, shortName: 'ci' }, SYSTEM);
      });
    }
  });

  const start = async (rules: Partial<StandingRules>) => {
    const { db } = context();
    const standing = { ...STANDING, readOnlySuperusers: new Set(['seer']), ...rules };
    const identity = createTestIdentity(db, { settings: { standing } });
    const ports = { ...webApiPorts(db, identity), catalogPolicy: { ...POLICY, standing } };
    const server = await startHttp({ mounts: [{ prefix: '/api/v1', errors: 'quay', handler: createWebApi(ports) }] });
    const call = async (method: string, path: string, name: string) => {
      const headers = { Authorization: `Bearer ${tokens.get(name) ?? ''}` };
      const response = await fetch(`${server.url}/api/v1${path}`, { method, headers });
      const text = await response.text();
      return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>), text };
    };
    return { call, [Symbol.asyncDispose]: () => server.close() };
  };

  describe("an organization's robots", () => {
    it.each<[string, Partial<StandingRules>, boolean]>([
      ['owner', {}, true],
      ['root', { fullAccess: true }, true],
      ['root', { fullAccess: false }, false],
      ['seer', { fullAccess: true }, false],
    ])('are seen by %s with %j, and their tokens: %s', async (name, rules, shown) => {
      await using api = await start(rules);
      for (const path of ['/organization/acme/robots', '/organization/acme/robots/ci']) {
        const { status, text } = await api.call('GET', path, name);
        expect({ status, robot: text.includes('acme+ci'), token: /"token":"[A-Z0-9]{64}"/.test(text) }).toEqual({
          status: 200,
          robot: true,
          token: shown,
        });
      }
    });

    it('are not changed by who may only look', async () => {
      await using api = await start({ fullAccess: true, namedSuperusers: new Set(['seer']) });
      expect((await api.call('POST', '/organization/acme/robots/ci/regenerate', 'seer')).status).toBe(403);
      expect((await api.call('PUT', '/organization/acme/robots/new', 'seer')).status).toBe(403);
    });
  });

  it('a superuser is told that an organization is not there; nobody else is', async () => {
    await using api = await start({});
    expect((await api.call('GET', '/organization/none/robots', 'root')).status).toBe(404);
    expect((await api.call('GET', '/organization/none/robots', 'seer')).status).toBe(404);
    expect((await api.call('GET', '/organization/none/robots', 'owner')).status).toBe(403);
  });

  it('a restricted user makes no robots of his own, and keeps those he had from changing', async () => {
    await using restricted = await start({ unrestrictedUsers: new Set(['owner', 'root', 'seer']) });
    const changes = [
      ['PUT', '/user/robots/new'],
      ['POST', '/user/robots/old/regenerate'],
      ['DELETE', '/user/robots/old'],
    ] as const;
    for (const [method, path] of changes) {
      const { status, body } = await restricted.call(method, path, 'bound');
      expect(status).toBe(403);
      expect(body['detail']).toMatch(/restricted/);
    }
    expect((await restricted.call('GET', '/user/robots/old', 'bound')).status).toBe(200);
    expect((await restricted.call('PUT', '/user/robots/allowed', 'owner')).status).toBe(201);
    await using open = await start({});
    expect((await open.call('PUT', '/user/robots/new', 'bound')).status).toBe(201);
  });

  it('a restricted or read-only user makes no organization; superusers make theirs even where nobody else may', async () => {
    await using api = await start({
      unrestrictedUsers: new Set(['owner', 'seer']),
      onlySuperusersMakeOrganizations: false,
    });
    expect((await api.call('POST', '/organization/', 'bound')).status).toBe(403);
    expect((await api.call('POST', '/organization/', 'seer')).status).toBe(403);
    // Only the body is missing.
    expect((await api.call('POST', '/organization/', 'root')).status).toBe(400);
    expect((await api.call('POST', '/organization/', 'owner')).status).toBe(400);
    await using closed = await start({ onlySuperusersMakeOrganizations: true });
    expect((await closed.call('POST', '/organization/', 'owner')).status).toBe(403);
    expect((await closed.call('POST', '/organization/', 'root')).status).toBe(400);
  });

  it('a read-only superuser changes what is his own', async () => {
    await using api = await start({});
    expect((await api.call('PUT', '/user/robots/mine', 'seer')).status).toBe(201);
  });
});
