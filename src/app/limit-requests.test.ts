import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import { get } from '../../test/support/get.ts';
import { startHttp, type TestServer } from '../../test/support/http.ts';
import { silentLog } from '../../test/support/identity.ts';
import { createAccounts, startRegistry, type TestRegistry } from '../../test/support/registry.ts';
import { limitRequests } from './limit-requests.ts';

const STRICT = {
  rates: { 'very-light': 0.1, light: 0.1, heavy: 0.1 },
  namespaceTokens: 100,
  burstSeconds: 20,
  exemptNamespaces: [],
};

describeOnBothDatabases('the registry under request limits', (context) => {
  let registry: TestRegistry;
  let server: TestServer;
  beforeAll(async () => {
    await createAccounts(context().db);
    registry = await startRegistry({ db: context().db });
    const { registryTokens } = registry.identity;
    const handlers = new Map([['/v2', registry.registry.v2Handler]]);
    const limited = limitRequests(handlers, STRICT, 'library', { log: silentLog, registryTokens });
    const mounts = [...limited].map(([prefix, handler]) => ({ prefix, errors: 'oci' as const, handler }));
    server = await startHttp({ mounts });
  });
  afterAll(async () => {
    await server.close();
    await registry[Symbol.asyncDispose]();
  });

  const statuses = async (count: number, path: string, headers: Record<string, string> = {}) => {
    const all = new Set<number>();
    for (let index = 0; index < count; index++) all.add((await get(`${server.url}${path}`, headers)).status);
    return all;
  };

  /** What a mirror does a lot of: listing tags, reading and writing manifests and blobs. */
  const PATHS = [
    '/v2/acme/app/tags/list',
    '/v2/acme/app/manifests/latest',
    `/v2/acme/app/blobs/sha256:${'0'.repeat(64)}`,
  ];

  test('its own mirror is never refused, whatever else comes from its address', async () => {
    const actor = await registry.identity.authenticateBasic('alice', 'correct-horse', '127.0.0.1');
    if (actor === undefined) throw new Error('unreachable');
    const access = [{ type: 'repository', name: 'acme/app', actions: ['pull', 'push'] }] as const;
    const { token } = await registry.identity.registryTokens.issue({ actor, access, internal: true });
    for (const path of PATHS) expect(await statuses(10, path)).toContain(429);
    for (const path of PATHS)
      expect(await statuses(50, path, { authorization: `Bearer ${token}` })).toEqual(new Set([404]));
  });

  test('no token that a client gets is one of the registry itself', async () => {
    const issued = await registry.bearer('alice', 'repository:acme/app:pull', 'internal:true');
    const claims = Buffer.from(issued.split('.')[1] ?? '', 'base64url').toString();
    expect(JSON.parse(claims)).not.toHaveProperty('context.internal');
    const [header, , signature] = issued.split('.');
    const forged = Buffer.from(claims.replace('"version":2', '"version":2,"internal":true')).toString('base64url');
    expect(forged).not.toBe(issued.split('.')[1]);
    expect(await statuses(20, PATHS[0] ?? '', { authorization: `${header}.${forged}.${signature}` })).toEqual(
      new Set([429]),
    );
  });
});
