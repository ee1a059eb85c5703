import type { Database } from '../db/index.ts';
import type { CryptoTables } from './tables.ts';

const FINGERPRINT_KEY = 'secret_key_fingerprint';

/** The fingerprint that the database was first used with; kept now when there is none yet. */
export async function claimFingerprint(db: Database, fingerprint: string): Promise<string> {
  return (await findFingerprint(db)) ?? (await storeFingerprint(db, fingerprint));
}

async function findFingerprint(db: Database): Promise<string | undefined> {
  const row = await db
    .read<CryptoTables>()
    .selectFrom('instance_setting')
    .select('value')
    .where('key', '=', FINGERPRINT_KEY)
    .executeTakeFirst();
  return row?.value;
}

function storeFingerprint(db: Database, fingerprint: string): Promise<string> {
  return db.transaction(async (tx) => {
    const settings = tx.query<CryptoTables>();
    await settings
      .insertInto('instance_setting')
      .values({ key: FINGERPRINT_KEY, value: fingerprint })
      .onConflict((conflict) => conflict.column('key').doNothing())
      .execute();
    const row = await settings
      .selectFrom('instance_setting')
      .select('value')
      .where('key', '=', FINGERPRINT_KEY)
      .executeTakeFirstOrThrow();
    return row.value;
  });
}
