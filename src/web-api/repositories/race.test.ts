import { beforeAll, expect, it } from 'vitest';
import { type Person, startApi, type TestApi } from '../../../test/support/api-people.ts';
import { describeOnBothDatabases } from '../../../test/support/databases.ts';
import { cheapPasswords } from '../../../test/support/identity.ts';
import { digestOf, pushBlob, putManifest, startUpload } from '../../../test/support/registry-content.ts';
import { createAccounts, startRegistry, type TestRegistry } from '../../../test/support/registry.ts';
import type { AuditTables } from '../../audit/index.ts';
import type { CatalogTables } from '../../catalog/index.ts';
import { createOrganization, createUser, type IdentityTables, OAUTH_SCOPES } from '../../identity/index.ts';

const SYSTEM = { kind: 'system', name: undefined } as const;
const ROUNDS = 8;

describeOnBothDatabases('at the same time', (context) => {
  let api: TestApi;
  let registry: TestRegistry;
  /** The owner of `acme`, by the API and by the registry. */
  let alice = '';
  beforeAll(async () => {
    const { db } = context();
    await createAccounts(db);
    [api, registry] = [await startApi(db), await startRegistry({ db })];
    const { id } = await db
      .read<IdentityTables>()
      .selectFrom('namespace')
      .select('id')
      .where('name', '=', 'alice')
      .executeTakeFirstOrThrow();
    alice = await api.token({ userId: id } as Person, OAUTH_SCOPES);
    return async () => {
      await registry[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
    };
  });

  const create = (repository: string) =>
    api.call(alice, 'POST', '/repository', { namespace: 'acme', repository, visibility: 'public', description: '' });
  const push = (repository: string, bytes: string) =>
    registry.send('POST', `/v2/acme/${repository}/blobs/uploads/?digest=${digestOf(bytes)}`, {
      as: 'alice',
      body: bytes,
    });
  const rowsOf = (name: string) =>
    context().db.read<CatalogTables>().selectFrom('repository').selectAll().where('name', '=', name).execute();
  const creationsOf = async (ids: readonly number[]) => {
    const log = context().db.read<AuditTables>().selectFrom('audit_log').selectAll();
    return (await log.where('kind', '=', 'create_repo').where('repository_id', 'in', ids).execute()).length;
  };

  it('many create one repository: one does, the others are told that it is there', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => create('wanted')));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      201,
      ...Array.from({ length: 9 }, () => 400),
    ]);
    for (const { status, body } of answers) {
      if (status === 400) expect(body['detail']).toBe('Repository already exists');
    }
    const rows = await rowsOf('wanted');
    expect(rows.length).toBe(1);
    expect(await creationsOf(rows.map(({ id }) => id))).toBe(1);
  });

  it('one creates it and others push to it: there is one, and every push is in it', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const name = `first-${round}`;
      const layers = ['a', 'b', 'c'].map((part) => `${part} of ${name}`);
      const [created, ...pushed] = await Promise.all([
        create(name).then(({ status }) => status),
        ...layers.map((layer) => push(name, layer).then(({ status }) => status)),
      ]);
      expect(pushed).toEqual([201, 201, 201]);
      expect([201, 400]).toContain(created);
      expect((await rowsOf(name)).length).toBe(1);
      for (const layer of layers) {
        const found = await registry.send('HEAD', `/v2/acme/${name}/blobs/${digestOf(layer)}`, { as: 'alice' });
        expect(found.status).toBe(200);
      }
    }
  });

  it('a user and an organization are given one name: one gets it, the other is told that it is taken', async () => {
    const { db } = context();
    for (let round = 0; round < ROUNDS; round += 1) {
      const name = `name-${round}`;
      const user = { name, password: 'a-password', superuser: false };
      const outcomes = await Promise.allSettled([
        createUser({ db, passwords: cheapPasswords }, user, SYSTEM),
        db.transaction((tx) => createOrganization(tx, name, { userId: 1 }, SYSTEM)),
        createUser({ db, passwords: cheapPasswords }, user, SYSTEM),
        db.transaction((tx) => createOrganization(tx, name, { userId: 1 }, SYSTEM)),
      ]);
      const failed = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason as unknown);
      expect(failed.length).toBe(3);
      for (const reason of failed) {
        expect(reason).toMatchObject({ code: 'INVALID_REQUEST', message: expect.stringMatching(/taken/) });
      }
      const rows = await db
        .read<IdentityTables>()
        .selectFrom('namespace')
        .select('id')
        .where('name', '=', name)
        .execute();
      expect(rows.length).toBe(1);
    }
  });

  it('many delete a repository: one does, for the others there is none', async () => {
    await create('unwanted');
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => api.call(alice, 'DELETE', '/repository/acme/unwanted')),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([204, 403, 403, 403, 403]);
  });

  it('one deletes a repository and others push to it: what was acknowledged is there, unless it went with it', async () => {
    const { db } = context();
    let [kept, gone, refused] = [0, 0, 0];
    for (let round = 0; round < ROUNDS; round += 1) {
      const name = `busy-${round}`;
      const config = await pushBlob(registry, `acme/${name}`, '{}');
      const manifests = Array.from({ length: 6 }, (_, index) =>
        JSON.stringify({
          schemaVersion: 2,
          config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: config, size: 2 },
          layers: [],
          annotations: { round: `${name} ${index}` },
        }),
      );
      const put = (body: string, index: number) => putManifest(registry, `acme/${name}`, `v${index}`, body);
      const [deleted, ...answers] = await Promise.all([
        api.call(alice, 'DELETE', `/repository/acme/${name}`),
        ...manifests.map(put),
      ]);
      expect(deleted.status).toBe(204);
      for (const [index, { status, codes }] of answers.entries()) {
        if (status !== 201) {
          // The repository was gone, or begun anew without the config.
          expect(codes.map((code) => [status, code])).toEqual([
            status === 404 ? [404, 'NAME_UNKNOWN'] : [400, 'MANIFEST_BLOB_UNKNOWN'],
          ]);
          refused += 1;
          continue;
        }
        const row = await db
          .read<CatalogTables>()
          .selectFrom('manifest as m')
          .innerJoin('repository as r', 'r.id', 'm.repository_id')
          .select('r.deleted_at')
          .where('r.name', '=', name)
          .where('m.digest', '=', digestOf(manifests[index] ?? ''))
          .executeTakeFirstOrThrow();
        const seen = await registry.send('GET', `/v2/acme/${name}/manifests/v${index}`, { as: 'alice' });
        expect(seen.status).toBe(row.deleted_at === null ? 200 : 404);
        if (row.deleted_at === null) kept += 1;
        else gone += 1;
      }
    }
    expect(kept + gone + refused).toBe(ROUNDS * 6);
  });

  it('an upload goes on while its repository is deleted: it ends there, and the next push begins anew', async () => {
    const upload = await startUpload(registry, 'acme/half');
    const chunk = 'some bytes';
    expect((await registry.send('PATCH', upload, { as: 'alice', body: chunk })).status).toBe(202);
    expect((await api.call(alice, 'DELETE', '/repository/acme/half')).status).toBe(204);
    for (const [method, address] of [
      ['PATCH', upload],
      ['GET', upload],
      ['PUT', `${upload}?digest=${digestOf(chunk)}`],
      ['DELETE', upload],
    ] as const) {
      const answer = await registry.send(method, address, { as: 'alice', body: method === 'GET' ? '' : chunk });
      expect([answer.status, answer.codes]).toEqual([404, ['BLOB_UPLOAD_UNKNOWN']]);
    }
    expect((await push('half', chunk)).status).toBe(201);
    const rows = await rowsOf('half');
    expect(rows.filter((row) => row.deleted_at === null).length).toBe(1);
    expect(rows.length).toBe(2);
    const again = await registry.send('PUT', `${upload}?digest=${digestOf(chunk)}`, { as: 'alice', body: '' });
    expect([again.status, again.codes]).toEqual([404, ['BLOB_UPLOAD_UNKNOWN']]);
  });
});
