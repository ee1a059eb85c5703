import { createPrivateKey, createPublicKey } from 'node:crypto';
import { beforeAll, expect, it } from 'vitest';
import { type Person, startApi, type TestApi } from '../../test/support/api-people.ts';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import { keyService, serviceToken } from '../../test/support/key-service.ts';
import type { AuditTables } from '../audit/index.ts';
import { ANONYMOUS } from '../identity/index.ts';
import { webApiOperations } from './create-web-api.ts';

const CLIENT = { address: '192.0.2.9', userAgent: 'a scanner' };

describeOnBothDatabases('keys of services over the API', (context) => {
  let api: TestApi;
  let root: Person;
  let ada: Person;
  beforeAll(async () => {
    api = await startApi(context().db);
    [root, ada] = [await api.person('root', { superuser: true }), await api.person('ada')];
    return () => api[Symbol.asyncDispose]();
  });

  const seconds = () => Math.floor(Date.now() / 1000);
  const create = async (service: string, more: object = {}) =>
    api.call(root, 'POST', '/superuser/keys', { service, expiration: null, ...more });
  const audited = async (kid: string) => {
    const rows = await context()
      .db.read<AuditTables>()
      .selectFrom('audit_log')
      .select(['kind', 'actor_name', 'metadata'])
      .orderBy('id')
      .execute();
    return rows
      .map((row) => ({ ...row, metadata: JSON.parse(row.metadata) as Record<string, unknown> }))
      .filter(({ metadata }) => metadata['kid'] === kid);
  };

  it('are made with a private key that is shown once, approved by whoever made them', async () => {
    const expiration = seconds() + 3600;
    const { status, body } = await create('security_scanner', {
      name: 'security_scanner Service Key',
      metadata: { team: 'ops', creator: 'somebody else' },
      notes: 'For the *scanner*',
      expiration,
    });
    expect(status).toBe(200);
    expect(Object.keys(body).toSorted()).toEqual(['kid', 'name', 'private_key', 'public_key', 'service']);
    const privateKey = String(body['private_key']);
    expect(privateKey).toMatch(/^-----BEGIN RSA PRIVATE KEY-----/);
    const publicPem = createPublicKey(createPrivateKey(privateKey)).export({ format: 'pem', type: 'spki' });
    expect(body['public_key']).toBe(publicPem);
    expect(body['kid']).toMatch(/^[0-9a-f]{64}$/);

    const shown = await api.call(root, 'GET', `/superuser/keys/${String(body['kid'])}`);
    expect(shown.body).toEqual({
      name: 'security_scanner Service Key',
      kid: body['kid'],
      service: 'security_scanner',
      jwk: { kty: 'RSA', e: 'AQAB', n: expect.any(String), kid: body['kid'] },
      // What the registry tells itself cannot be made up.
      metadata: { team: 'ops', created_by: 'superuser API', creator: 'root', ip: '127.0.0.1' },
      created_date: expect.stringMatching(/ -0000$/),
      expiration_date: new Date(expiration * 1000).toUTCString().replace('GMT', '-0000'),
      rotation_duration: null,
      approval: {
        approver: expect.objectContaining({ name: 'root', username: 'root', kind: 'user' }),
        approval_type: 'Super User API',
        approved_date: expect.any(String),
        notes: 'For the *scanner*',
      },
    });
    expect(JSON.stringify(shown.body)).not.toContain('PRIVATE');
    const { keys } = (await api.call(root, 'GET', '/superuser/keys')).body as { keys: { kid: string }[] };
    expect(keys.map(({ kid }) => kid)).toContain(body['kid']);
    expect(await audited(String(body['kid']))).toMatchObject([
      { kind: 'service_key_create', actor_name: 'root', metadata: { preshared: true, auto_approved: true } },
      { kind: 'service_key_approve', actor_name: 'root' },
    ]);
    expect(JSON.stringify(await audited(String(body['kid'])))).not.toContain('PRIVATE');
  });

  it('are changed, and each change is recorded as what it is', async () => {
    const kid = String((await create('mirror')).body['kid']);
    const change = (body: object) => api.call(root, 'PUT', `/superuser/keys/${kid}`, body);
    expect((await change({ name: 'Mirror 1' })).body).toMatchObject({ name: 'Mirror 1', expiration_date: null });
    expect((await change({ expiration: seconds() + 60 })).body).toMatchObject({ name: 'Mirror 1' });
    expect((await change({ metadata: { place: 'Oslo' } })).body).toMatchObject({ metadata: { place: 'Oslo' } });
    expect((await change({ expiration: null })).body).toMatchObject({ expiration_date: null });
    expect((await change({})).status).toBe(200);
    expect((await audited(kid)).map(({ kind }) => kind).slice(2)).toEqual([
      'service_key_modify',
      'service_key_extend',
      'service_key_modify',
      'service_key_extend',
    ]);
    for (const wrong of [
      { expiration: seconds() - 1 },
      { expiration: 'soon' },
      { expiration: 1e15 },
      { name: '<script>' },
      { name: 'x'.repeat(300) },
      { metadata: { text: 'x'.repeat(5000) } },
      { metadata: 'text' },
    ]) {
      expect((await change(wrong)).status, JSON.stringify(wrong)).toBe(400);
    }
    expect((await api.call(root, 'DELETE', `/superuser/keys/${kid}`)).status).toBe(204);
    expect((await api.call(root, 'DELETE', `/superuser/keys/${kid}`)).status).toBe(404);
    expect((await api.call(root, 'GET', `/superuser/keys/${kid}`)).status).toBe(404);
    expect((await change({ name: 'x' })).status).toBe(404);
  });

  it('that services have registered are approved, once', async () => {
    const service = keyService('approved_later', 0);
    await api.identity.keyServer.put({
      service: service.name,
      kid: service.kid,
      jwk: service.jwk,
      authorization: `Bearer ${serviceToken(service, 'https://registry.test', Date.now())}`,
      client: CLIENT,
      expiresAt: undefined,
      rotationSeconds: 43_200,
    });
    const path = `/superuser/keys/${service.kid}`;
    expect((await api.call(root, 'GET', path)).body).toMatchObject({
      approval: null,
      rotation_duration: 43_200,
      metadata: { ip: CLIENT.address },
    });
    const approve = (body?: object) => api.call(root, 'POST', `/superuser/approvedkeys/${service.kid}`, body);
    expect((await approve({ notes: 'asked the team' })).status).toBe(201);
    expect((await approve({ notes: 'again' })).status).toBe(201);
    expect((await approve()).status).toBe(201);
    expect((await api.call(root, 'GET', path)).body).toMatchObject({ approval: { notes: 'asked the team' } });
    expect((await audited(service.kid)).map(({ kind }) => kind)).toEqual(['service_key_create', 'service_key_approve']);
    expect((await api.call(root, 'POST', '/superuser/approvedkeys/none')).status).toBe(404);
  });

  it('include those of the registry, which can only be deleted, with every token that they have signed', async () => {
    const { registryTokens, keys } = api.identity;
    const { token } = await registryTokens.issue({ actor: ANONYMOUS, access: [] });
    const { kid } = await keys.signingKey();
    const path = `/superuser/keys/${kid}`;
    expect((await api.call(root, 'GET', path)).body).toMatchObject({
      service: 'quay',
      approval: { approval_type: 'Automatic', approver: null },
    });
    expect((await api.call(root, 'PUT', path, { expiration: null })).status).toBe(400);
    expect((await create('quay')).status).toBe(400);
    expect(await registryTokens.verify(token)).toBeDefined();
    expect((await api.call(root, 'DELETE', path)).status).toBe(204);
    expect(await registryTokens.verify(token)).toBeUndefined();
    const next = await registryTokens.issue({ actor: ANONYMOUS, access: [] });
    expect(await registryTokens.verify(next.token)).toBeDefined();
    expect(await audited(kid)).toMatchObject([{ kind: 'service_key_delete', actor_name: 'root' }]);
  });

  it('are superusers’ alone, and gone with FEATURE_SUPER_USERS', async () => {
    for (const [method, path] of [
      ['GET', '/superuser/keys'],
      ['POST', '/superuser/keys'],
      ['GET', '/superuser/keys/x'],
      ['PUT', '/superuser/keys/x'],
      ['DELETE', '/superuser/keys/x'],
      ['POST', '/superuser/approvedkeys/x'],
    ] as const) {
      expect((await api.call(ada, method, path, method === 'GET' ? undefined : {})).status, path).toBe(403);
      expect((await api.call(undefined, method, path)).status, path).toBe(401);
    }
    const without = webApiOperations({ ...api.ports, featuresOff: new Set(['FEATURE_SUPER_USERS']) });
    const paths = without.map(({ path }) => path);
    expect(
      paths.filter((path) => /superuser\/(?:keys|approvedkeys|registrystatus|shutdown|config)/.test(path)),
    ).toEqual([]);
    expect(paths).toContain('/messages');
    expect(paths).toContain('/bootstrap/renew');
    const withoutFile = webApiOperations({ ...api.ports, featuresOff: new Set(['FEATURE_PROGRAMMATIC_BOOTSTRAP']) });
    expect(withoutFile.map(({ path }) => path)).not.toContain('/bootstrap/renew');
  });
});
