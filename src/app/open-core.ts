import { createIdentity, type Identity } from '../identity/index.ts';
import { systemClock } from '../kernel/clock.ts';
import { checkFingerprint, createSecretBox, loadSecretKey } from '../platform/crypto/index.ts';
import type { Database } from '../platform/db/index.ts';
import type { Logger } from '../platform/log/index.ts';
import { makeDataDirectory } from './make-data-directory.ts';
import { openDatabase } from './open-database.ts';
import type { AppSettings } from './settings.ts';

/** What every role and every command that touches data needs. */
export interface Core {
  readonly db: Database;
  readonly identity: Identity;
}

/** Opens the data: database, secret key, identity. Errors: whatever makes starting unsafe, in words for the operator. */
export async function openCore(settings: AppSettings, log: Logger): Promise<Core> {
  await makeDataDirectory(settings.dataDirectory);
  const key = await loadSecretKey({ configured: settings.secretKey, dataDirectory: settings.dataDirectory });
  // The key is stretched on another thread while this one opens the database; so that must have begun before.
  const [box, db] = await Promise.all([createSecretBox(key), openDatabase(settings, log)]);
  try {
    await checkFingerprint(db, box);
    return { db, identity: createIdentity({ db, clock: systemClock, log, box }, settings.identity) };
  } catch (error) {
    await db.close();
    throw error;
  }
}
