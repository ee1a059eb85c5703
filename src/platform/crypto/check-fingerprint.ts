import type { Database } from '../db/index.ts';
import type { SecretBox } from './secret-box.ts';
import { claimFingerprint } from './store.ts';

/**
 * Binds the database to the secret key on the first start. Throws when the database was first used with another key:
 * what it holds encrypted would be unreadable, and new secrets would be mixed with old ones.
 */
export async function checkFingerprint(db: Database, box: SecretBox): Promise<void> {
  const known = await claimFingerprint(db, box.fingerprint);
  if (known === box.fingerprint) return;
  throw new Error(
    'The secret key is not the one this database was first used with; set DATABASE_SECRET_KEY, or put back secret.key ' +
      `in the data directory (fingerprint of the database ${known}, of the given key ${box.fingerprint})`,
  );
}
