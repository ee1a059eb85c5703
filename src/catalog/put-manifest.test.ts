import { beforeAll, expect, it } from 'vitest';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import type { Digest } from '../kernel/digest.ts';
import { isForeignKeyViolation } from '../platform/db/index.ts';
import type { Database } from '../platform/db/index.ts';
import type { StorageTables } from '../storage/index.ts';
import {
  addNamespace,
  addRepository,
  digest,
  record,
  tag,
  uploadBlob,
  removeRepository,
} from './testing/catalog-fixture.ts';
import {
  deleteBlob,
  deleteManifest,
  findManifestByDigest,
  findManifestByTag,
  putManifest,
  repositoryHoldsBlob,
} from './index.ts';
import type { CatalogTables, ManifestRecord } from './index.ts';

describeOnBothDatabases('manifests and their blobs', (context) => {
  let db: Database;
  let namespaceId: number;
  let repositoryId: number;
  let counter = 0;
  beforeAll(async () => {
    ({ db } = context());
    namespaceId = await addNamespace(db, 'manifests');
    repositoryId = await addRepository(db, namespaceId, 'main');
  });

  const put = (pushed: ManifestRecord, options: { tags?: string[]; keepForMs?: number; into?: number } = {}) =>
    db.transaction((tx) =>
      putManifest(tx, {
        repositoryId: options.into ?? repositoryId,
        record: pushed,
        tags: (options.tags ?? []).map(tag),
        keepForMs: options.keepForMs ?? 0,
      }),
    );
  const fresh = (): string => `content ${(counter += 1)}`;
  const endLease = (content: string) => uploadBlob(db, repositoryId, content, { leaseMs: -1 });
  const row = async (id: number) =>
    db.read<CatalogTables>().selectFrom('manifest').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

  it('are served exactly as pushed, by tag and by digest', async () => {
    const layer = await uploadBlob(db, repositoryId, fresh());
    const pushed = record('{ "odd" :\t"bytes" }\r\n', { blobs: [layer, layer], mediaType: 'application/x.y+json' });
    const result = await put(pushed, { tags: ['v1', 'v2', 'v1'] });
    expect(result.tags.map((each) => each.name)).toEqual(['v1', 'v2']);
    for (const found of [
      await findManifestByTag(db, repositoryId, tag('v2')),
      await findManifestByDigest(db, repositoryId, pushed.digest),
    ]) {
      expect(found).toMatchObject({ id: result.manifestId, digest: pushed.digest, mediaType: 'application/x.y+json' });
      expect(new Uint8Array(found?.bytes ?? [])).toEqual(pushed.bytes);
      expect(found?.sizeBytes).toBe(pushed.bytes.byteLength);
    }
    expect(await findManifestByTag(db, repositoryId, tag('v3'))).toBeUndefined();
    expect(await findManifestByDigest(db, repositoryId, digest('other'))).toBeUndefined();
  });

  it('are found under both digests once pushed by sha512, and keep that alias', async () => {
    const content = fresh();
    const digestSha512 = digest(content, 'sha512');
    const { manifestId } = await put(record(content, { digestSha512 }));
    await put(record(content));
    expect(await findManifestByDigest(db, repositoryId, digestSha512)).toMatchObject({ id: manifestId, digestSha512 });
    expect(await findManifestByDigest(db, repositoryId, digest(content))).toMatchObject({ id: manifestId });
    const parent = record(fresh(), { children: [digestSha512] });
    await put(parent);
    expect(await findManifestByDigest(db, repositoryId, parent.digest)).toBeDefined();
  });

  it('are refused while they refer to what the repository does not hold', async () => {
    const elsewhere = await addRepository(db, namespaceId, 'elsewhere');
    const foreign = await uploadBlob(db, elsewhere, fresh());
    const lapsed = await endLease(fresh());
    const here = await uploadBlob(db, repositoryId, fresh());
    const child = digest('no such manifest');
    const pushed = record(fresh(), { blobs: [here, foreign, lapsed], children: [child] });
    await expect(put(pushed, { tags: ['refused'] })).rejects.toMatchObject({
      code: 'MANIFEST_BLOB_UNKNOWN',
      detail: [foreign, lapsed, child].map((each) => ({ digest: each })),
    });
    expect(await findManifestByDigest(db, repositoryId, pushed.digest)).toBeUndefined();
    expect(await findManifestByTag(db, repositoryId, tag('refused'))).toBeUndefined();
  });

  it('keep an undistributable layer that was pushed, and do without one that was not', async () => {
    const layer = fresh();
    const pushed = await uploadBlob(db, repositoryId, layer);
    await put(record(fresh(), { optionalBlobs: [pushed, digest('stays with its vendor')] }));
    await endLease(layer);
    expect(await repositoryHoldsBlob(db, repositoryId, pushed)).toBeDefined();
  });

  it('hold many blobs, under either digest, long after the leases are gone', async () => {
    const blobs: Digest[] = [];
    for (let index = 0; index < 600; index += 1) {
      blobs.push(await uploadBlob(db, repositoryId, `layer ${index}`, { sha512: index % 2 === 0 }));
    }
    await put(record(fresh(), { blobs }));
    for (const index of [0, 1, 599]) {
      await endLease(`layer ${index}`);
      const held = await repositoryHoldsBlob(db, repositoryId, blobs[index] ?? digest(''));
      expect(held).toMatchObject({ sha256: digest(`layer ${index}`), sizeBytes: `layer ${index}`.length });
    }
    const counted = await db.read<CatalogTables>().selectFrom('namespace_blob').select('blob_id').execute();
    expect(counted.length).toBeGreaterThanOrEqual(600);
  });

  it('move when they are kept, never back', async () => {
    const content = fresh();
    const { manifestId } = await put(record(content), { keepForMs: 1000 });
    const first = await row(manifestId);
    expect(first.kept_until).toBe(first.created_at + 1000);
    await put(record(content));
    expect((await row(manifestId)).kept_until).toBe(first.kept_until);
    await put(record(content), { keepForMs: 1_000_000 });
    expect((await row(manifestId)).kept_until).toBeGreaterThan(first.kept_until);
  });

  it('are unknown once deleted, with all their tags, and come back when pushed again', async () => {
    const content = fresh();
    const layer = await uploadBlob(db, repositoryId, content);
    const pushed = record(fresh(), { blobs: [layer] });
    const { manifestId } = await put(pushed, { tags: ['gone1', 'gone2'] });
    await endLease(content);
    await db.transaction((tx) => deleteManifest(tx, repositoryId, pushed.digest));
    expect(await findManifestByDigest(db, repositoryId, pushed.digest)).toBeUndefined();
    expect(await findManifestByTag(db, repositoryId, tag('gone1'))).toBeUndefined();
    expect(await findManifestByTag(db, repositoryId, tag('gone2'))).toBeUndefined();
    expect(await repositoryHoldsBlob(db, repositoryId, layer)).toBeUndefined();
    const again = db.transaction((tx) => deleteManifest(tx, repositoryId, pushed.digest));
    await expect(again).rejects.toMatchObject({ code: 'MANIFEST_UNKNOWN' });

    await expect(put(pushed)).rejects.toMatchObject({ code: 'MANIFEST_BLOB_UNKNOWN' });
    await uploadBlob(db, repositoryId, content);
    expect(await put(pushed, { tags: ['gone1'] })).toMatchObject({ manifestId });
    expect((await findManifestByTag(db, repositoryId, tag('gone1')))?.digest).toBe(pushed.digest);
    expect(await findManifestByTag(db, repositoryId, tag('gone2'))).toBeUndefined();
  });

  it('answer NAME_UNKNOWN when the repository went while they were pushed', async () => {
    const doomed = await addRepository(db, namespaceId, 'doomed');
    await removeRepository(db, doomed);
    await expect(put(record(fresh()), { into: doomed })).rejects.toMatchObject({ code: 'NAME_UNKNOWN' });
  });

  it('of one digest pushed at once are one row', async () => {
    const pushed = record(fresh());
    const results = await Promise.all(Array.from({ length: 10 }, (_, index) => put(pushed, { tags: [`p${index}`] })));
    expect(new Set(results.map((each) => each.manifestId)).size).toBe(1);
  });

  it('a blob is read through a lease or a manifest of this repository, and can be deleted while unused', async () => {
    const content = fresh();
    const blob = await uploadBlob(db, repositoryId, content, { sha512: true });
    const elsewhere = await addRepository(db, namespaceId, 'reads-nothing');
    expect(await repositoryHoldsBlob(db, repositoryId, blob)).toMatchObject({ sha256: digest(content) });
    expect(await repositoryHoldsBlob(db, repositoryId, digest(content))).toBeDefined();
    expect(await repositoryHoldsBlob(db, elsewhere, blob)).toBeUndefined();

    const remove = () => db.transaction((tx) => deleteBlob(tx, repositoryId, blob));
    await remove();
    expect(await repositoryHoldsBlob(db, repositoryId, blob)).toBeUndefined();
    await expect(remove()).rejects.toMatchObject({ code: 'BLOB_UNKNOWN' });

    await uploadBlob(db, repositoryId, content, { sha512: true });
    const user = record(fresh(), { blobs: [blob] });
    await put(user);
    await expect(remove()).rejects.toMatchObject({ code: 'BLOB_IN_USE' });
    await db.transaction((tx) => deleteManifest(tx, repositoryId, user.digest));
    await remove();
    expect(await repositoryHoldsBlob(db, repositoryId, blob)).toBeUndefined();
  });

  it('never point at a blob that was removed meanwhile: it stays, or the push is refused', async () => {
    for (let round = 0; round < 20; round += 1) {
      const content = fresh();
      const blob = await uploadBlob(db, repositoryId, content);
      const pushed = put(record(`${content} pushed`, { blobs: [blob] })).then(
        () => true,
        (error: unknown) => {
          expect(error).toMatchObject({ code: 'MANIFEST_BLOB_UNKNOWN' });
          return false;
        },
      );
      const [accepted, removed] = await Promise.all([pushed, collect(blob)]);
      expect(accepted).toBe(!removed);
      expect(await repositoryHoldsBlob(db, repositoryId, blob)).toEqual(accepted ? expect.anything() : undefined);
    }
  });

  /** Removes the row of a blob that no manifest uses, whatever leases say; false when one came to use it. */
  async function collect(blob: Digest): Promise<boolean> {
    try {
      await db.transaction(async (tx) => {
        const query = tx.query<CatalogTables & StorageTables>();
        const rows = query.selectFrom('blob').select('id').where('sha256', '=', blob);
        const { id } = await rows
          .$if(tx.dialect === 'postgres', (locked) => locked.forUpdate())
          .executeTakeFirstOrThrow();
        await query.deleteFrom('lease').where('blob_id', '=', id).execute();
        await query.deleteFrom('blob').where('id', '=', id).execute();
      });
      return true;
    } catch (error) {
      if (isForeignKeyViolation(error)) return false;
      throw error;
    }
  }
});
