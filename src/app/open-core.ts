import { createIdentity, type Identity } from '../identity/index.ts';
import { systemClock } from '../kernel/clock.ts';
import { checkFingerprint, createSecretBox, loadSecretKey, type SecretBox } from '../platform/crypto/index.ts';
import { createNotifyHints, type Database, type MigrationProgress } from '../platform/db/index.ts';
import { createLocalHints, type Hints, joinHints } from '../platform/hints/index.ts';
import type { Counters } from '../platform/limits/index.ts';
import type { Logger } from '../platform/log/index.ts';
import { createMailer, type Mailer } from '../platform/mail/index.ts';
import { createGuardedFetch } from '../platform/net/index.ts';
import { createJobQueue, type JobQueue } from '../platform/queue/index.ts';
import { makeDataDirectory } from './make-data-directory.ts';
import { openDatabase } from './open-database.ts';
import type { AppSettings } from './settings.ts';

/** What every role and every command that touches data needs. */
export interface Core {
  readonly db: Database;
  /** Word from and to the other nodes on the same database. */
  readonly hints: Hints;
  readonly identity: Identity;
  /** Of the instance's secret key. */
  readonly box: SecretBox;
  readonly queue: JobQueue;
  readonly mailer: Mailer;
  close(): Promise<void>;
}

export interface CoreOptions {
  readonly onMigration?: (progress: MigrationProgress) => void;
  /** Where failed sign-ins are counted; undefined: in this process. */
  readonly counters?: Counters;
  /** Another way to the nodes on the same database. */
  readonly moreHints?: Hints | undefined;
}

/** Opens the data: database, secret key, identity. Errors: whatever makes starting unsafe, in words for the operator. */
export async function openCore(
  settings: AppSettings,
  log: Logger,
  { onMigration, counters, moreHints }: CoreOptions = {},
): Promise<Core> {
  await makeDataDirectory(settings.dataDirectory);
  const key = await loadSecretKey({ configured: settings.secretKey, dataDirectory: settings.dataDirectory });
  // The key is stretched on another thread while this one opens the database; so that must have begun before.
  const [box, db] = await Promise.all([createSecretBox(key), openDatabase(settings, log, onMigration)]);
  try {
    await checkFingerprint(db, box);
    const hints = await openHints(settings, log, moreHints);
    const queue = createJobQueue();
    const mailer = createMailer({ box, queue, clock: systemClock, log }, settings.mail);
    const net = createGuardedFetch({ allowHosts: settings.allowedHosts });
    const identity = createIdentity(
      { db, clock: systemClock, log, box, hints, counters, net, mailer, queue },
      settings.identity,
    );
    const close = async (): Promise<void> => {
      net.close();
      await Promise.all([identity.flushRobotUses(), identity.flushUserUses()]);
      await hints.close();
      await db.close();
    };
    return { db, hints, identity, box, queue, mailer, close };
  } catch (error) {
    await db.close();
    throw error;
  }
}

/** The embedded database has one process, so there is nobody else to tell. */
async function openHints({ postgres }: Pick<AppSettings, 'postgres'>, log: Logger, more?: Hints): Promise<Hints> {
  if (postgres === undefined) return createLocalHints();
  const byDatabase = await createNotifyHints({ connection: postgres, clock: systemClock, log });
  return more === undefined ? byDatabase : joinHints(byDatabase, more);
}
