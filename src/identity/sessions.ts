import { hash, randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { Clock } from '../kernel/clock.ts';
import type { Database, Transaction } from '../platform/db/index.ts';
import type { JobHandler } from '../platform/queue/index.ts';
import type { UserActor } from './model.ts';
import { deleteExpiredSessions, deleteSession, findSession, insertSession, markSession } from './session-store.ts';
import type { LastUse } from './users/last-use.ts';

const VALUE_BYTES = 32;
const VALUE = /^[A-Za-z0-9_-]{43}$/;
/** How often the last use is noted, at most. */
const SEEN_EVERY_MS = 60_000;
const CLEAN_EVERY_MS = 3_600_000;

export interface Session {
  readonly actor: UserActor;
  /** When the user last gave his password in it; ms of the database's clock. */
  readonly verifiedAt: number;
}

/** Who has signed in with a browser. Only hashes of the cookies are kept, so the database signs nobody in. */
export interface Sessions {
  /** A value for a cookie that nobody can guess; before anyone has signed in it names no session. */
  newCookie(): string;
  /** Begins a session under a new cookie, never one that was there before the sign-in (session fixation). */
  begin(tx: Transaction, actor: UserActor): Promise<string>;
  /**
   * undefined: unknown, ended, too old, of a disabled user, or begun before the last change of his password. One point read; the
   * use is noted at most once a minute.
   */
  find(cookie: string): Promise<Session | undefined>;
  /** The user has given his password again. */
  verify(tx: Transaction, cookie: string): Promise<void>;
  /** Ends a session; an unknown one is fine. */
  end(tx: Transaction, cookie: string): Promise<void>;
  readonly jobs: readonly JobHandler[];
}

export interface SessionSettings {
  /** SESSION_TIMEOUT: a session not used for this long has ended. Milliseconds. */
  readonly timeoutMs: number;
}

export function createSessions(
  ports: { readonly db: Database; readonly clock: Clock; readonly log: Logger; readonly lastUse: LastUse },
  settings: SessionSettings,
): Sessions {
  const { db, clock, log, lastUse } = ports;
  return {
    newCookie: () => randomBytes(VALUE_BYTES).toString('base64url'),
    async begin(tx, actor) {
      const cookie = randomBytes(VALUE_BYTES).toString('base64url');
      await insertSession(tx, {
        id: sessionId(cookie),
        user_id: actor.userId,
        password_version: actor.passwordVersion,
        lifetime_ms: settings.timeoutMs,
      });
      return cookie;
    },
    async find(cookie) {
      if (!VALUE.test(cookie)) return undefined;
      const id = sessionId(cookie);
      const row = await findSession(db, id);
      if (row?.enabled !== 1 || row.password_version !== row.session_password_version) return undefined;
      const now = clock.now();
      if (row.expires_at <= now) return undefined;
      lastUse.note(row.user_id);
      if (row.seen_at + SEEN_EVERY_MS <= now) {
        // A page can be looked at where nothing can be written.
        await db
          .transaction((tx) => markSession(tx, id, { seen_at: now, expires_at: now + settings.timeoutMs }))
          .catch((error: unknown) => log.debug({ err: error }, 'The last use of a session could not be noted'));
      }
      return {
        actor: {
          kind: 'user',
          userId: row.user_id,
          name: row.name,
          passwordVersion: row.password_version,
          scopes: undefined,
        },
        verifiedAt: row.verified_at,
      };
    },
    async verify(tx, cookie) {
      await markSession(tx, sessionId(cookie), { verified_at: await tx.now() });
    },
    async end(tx, cookie) {
      await deleteSession(tx, sessionId(cookie));
    },
    jobs: [{ queue: 'remove_ended_sessions', everyMs: CLEAN_EVERY_MS, run: () => removeEnded(db) }],
  };
}

function sessionId(cookie: string): string {
  return hash('sha256', cookie, 'hex');
}

/** In pieces, so that no transaction is long. */
async function removeEnded(db: Database): Promise<void> {
  while ((await db.transaction((tx) => deleteExpiredSessions(tx))) > 0);
}
