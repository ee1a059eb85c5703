import { expect, it } from 'vitest';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import type { StoredBlob } from './ports.ts';
import { findBlobByDigest, grantLease, leaseHolds, recordBlob, renewLease } from './store.ts';
import type { StorageTables } from './tables.ts';
import { contentOf, sha256Of, sha512Of } from './testing/content.ts';

const HOUR = 3_600_000;

function blob(seed: number, alias: boolean): StoredBlob {
  const content = contentOf(10, seed);
  return { sha256: sha256Of(content), sha512: alias ? sha512Of(content) : undefined, sizeBytes: 10 };
}

describeOnBothDatabases('blob and lease rows', (context) => {
  const record = (stored: StoredBlob): Promise<number> => context().db.transaction((tx) => recordBlob(tx, stored));

  async function leaseEnd(blobId: number): Promise<number | undefined> {
    const row = await context()
      .db.read<StorageTables>()
      .selectFrom('lease')
      .select('expires_at')
      .where('blob_id', '=', blobId)
      .executeTakeFirst();
    return row?.expires_at;
  }

  it('keeps one row for one content', async () => {
    const first = await record(blob(1, false));
    expect(await record(blob(1, false))).toBe(first);
    expect(await record(blob(2, false))).not.toBe(first);
    expect(await findBlobByDigest(context().db, blob(1, false).sha256)).toEqual({
      id: first,
      sha256: blob(1, false).sha256,
      sizeBytes: 10,
    });
  });

  it('finds a blob by sha512 once somebody pushed it so, and never forgets the alias', async () => {
    const { sha256, sha512 } = blob(3, true);
    const id = await record(blob(3, false));
    if (sha512 === undefined) throw new Error('the blob has no alias');
    expect(await findBlobByDigest(context().db, sha512)).toBeUndefined();
    expect(await record(blob(3, true))).toBe(id);
    expect(await record(blob(3, false))).toBe(id);
    expect(await findBlobByDigest(context().db, sha512)).toEqual({ id, sha256, sizeBytes: 10 });
    await context().db.transaction(async (tx) => {
      expect((await findBlobByDigest(tx, sha512))?.id).toBe(id);
    });
  });

  it('never shortens a lease', async () => {
    const { db } = context();
    const blobId = await record(blob(4, false));
    await db.transaction((tx) => grantLease(tx, { repositoryId: 7, blobId, forMs: 2 * HOUR }));
    const end = await leaseEnd(blobId);
    await db.transaction((tx) => grantLease(tx, { repositoryId: 7, blobId, forMs: HOUR }));
    expect(await leaseEnd(blobId)).toBe(end);
    await db.transaction((tx) => grantLease(tx, { repositoryId: 7, blobId, forMs: 3 * HOUR }));
    expect(await leaseEnd(blobId)).toBeGreaterThan(end ?? 0);
  });

  it('knows whether a lease holds', async () => {
    const { db } = context();
    const blobId = await record(blob(5, false));
    expect(await leaseHolds(db, { repositoryId: 7, blobId })).toBe(false);
    await db.transaction((tx) => grantLease(tx, { repositoryId: 7, blobId, forMs: -1 }));
    expect(await leaseHolds(db, { repositoryId: 7, blobId })).toBe(false);
    await db.transaction(async (tx) => {
      await grantLease(tx, { repositoryId: 7, blobId, forMs: HOUR });
      expect(await leaseHolds(tx, { repositoryId: 7, blobId })).toBe(true);
    });
    expect(await leaseHolds(db, { repositoryId: 8, blobId })).toBe(false);
  });

  it('renews a lease that is missing or past its half, and leaves a fresh one alone', async () => {
    const { db } = context();
    const blobId = await record(blob(6, false));
    expect(await renewLease(db, { repositoryId: 7, blobId, forMs: HOUR })).toBe(true);
    const first = await leaseEnd(blobId);
    expect(await renewLease(db, { repositoryId: 7, blobId, forMs: HOUR })).toBe(true);
    expect(await leaseEnd(blobId)).toBe(first);
    expect(await renewLease(db, { repositoryId: 7, blobId, forMs: 3 * HOUR })).toBe(true);
    expect(await leaseEnd(blobId)).toBeGreaterThan(first ?? 0);
  });

  it('tells a pusher that a removed blob is gone', async () => {
    const { db } = context();
    const blobId = await record(blob(8, false));
    await db.transaction(async (tx) => {
      await tx.query<StorageTables>().deleteFrom('blob').where('id', '=', blobId).execute();
    });
    expect(await renewLease(db, { repositoryId: 7, blobId, forMs: HOUR })).toBe(false);
    expect(await leaseEnd(blobId)).toBeUndefined();
  });

  it('either renews before a collector looks, or learns of the removal', async () => {
    const { db } = context();
    for (let round = 0; round < 20; round += 1) {
      const blobId = await record(blob(100 + round, false));
      // What a collector does: lock the row, look for leases, remove it when there is none.
      const collected = db.transaction(async (tx) => {
        const row = tx.query<StorageTables>().selectFrom('blob').select('id').where('id', '=', blobId);
        await (tx.dialect === 'postgres' ? row.forUpdate() : row).execute();
        if (await leaseHolds(tx, { repositoryId: 7, blobId })) return false;
        await tx.query<StorageTables>().deleteFrom('blob').where('id', '=', blobId).execute();
        return true;
      });
      const renewed = renewLease(db, { repositoryId: 7, blobId, forMs: HOUR });
      expect(await renewed).toBe(!(await collected));
    }
  });
});
