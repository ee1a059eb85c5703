import { hash, randomBytes } from 'node:crypto';
import { recordAudit } from '../../audit/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Database, Transaction } from '../../platform/db/index.ts';
import type { Mailer } from '../../platform/mail/index.ts';
import type { JobHandler } from '../../platform/queue/index.ts';
import {
  countConfirmationsOf,
  countConfirmationsTo,
  deleteConfirmationsOf,
  deleteExpiredConfirmations,
  findConfirmation,
  findPendingAddress,
  insertConfirmation,
  takeConfirmation,
} from './confirmation-store.ts';
import { addressChangedLetter, addressInUseLetter, confirmAddressLetter, recoverLetter } from './letters.ts';
import { lockUser, readUserByEmail, updateAccount } from './store.ts';

const CODE_BYTES = 32;
const CODE = /^[A-Za-z0-9_-]{43}$/;
const CONFIRM_MS = 3 * 24 * 3_600_000;
const HOUR_MS = 3_600_000;
/** Mails with codes that one address gets, and that one user causes, within an hour. */
const HOURLY_MAX = 5;

/** Whose address it is now. */
export interface Confirmed {
  readonly userId: number;
  readonly name: string;
}

/** Codes that are mailed and shown again. Only their hashes are kept; each works once, and for a while. */
export interface MailConfirmations {
  /**
   * Has the user confirm an address, which becomes his only then. Whether it is another one's already shows only in what is mailed to
   * it. @param user.email checked, in lower case. Errors: TOO_MANY_REQUESTS when the user has begun too many.
   */
  begin(
    tx: Transaction,
    user: { readonly userId: number; readonly name: string; readonly email: string },
    origin: string,
  ): Promise<void>;
  /** Mails another code to a user who has not confirmed his first address, or does nothing when one was mailed within the hour. */
  beginAgain(tx: Transaction, user: { readonly userId: number; readonly name: string }, origin: string): Promise<void>;
  /** undefined: unknown, used or run out; `taken`: the address has become another one's meanwhile. */
  confirm(tx: Transaction, code: string, origin: string): Promise<Confirmed | 'taken' | undefined>;
  /** Mails a code for a new password to the user with this address, or does nothing when there is none. */
  offerRecovery(tx: Transaction, email: string, origin: string): Promise<void>;
  /** Whether a code sets a new password at the moment. */
  mayRecover(code: string): Promise<boolean>;
  /** Uses the code up. undefined: unknown, used or run out, or the address has changed since. */
  takeRecovery(tx: Transaction, code: string): Promise<Confirmed | undefined>;
  readonly jobs: readonly JobHandler[];
}

export function createMailConfirmations(
  ports: { readonly db: Database; readonly clock: Clock; readonly mailer: Mailer },
  settings: { readonly recoveryLifetimeMs: number },
): MailConfirmations {
  const { db, clock, mailer } = ports;

  /**
   * Whether one more mail may go to the address within this hour; asked before its row is written. Each purpose has a count of its own:
   * strangers can use up none that the holder of an account needs.
   */
  const mayMail = async (tx: Transaction, purpose: 'confirm' | 'recover', email: string): Promise<boolean> =>
    (await countConfirmationsTo(tx, purpose, email, (await tx.now()) - HOUR_MS)) < HOURLY_MAX;

  const begin: MailConfirmations['begin'] = async (tx, { userId, name, email }, origin) => {
    const now = await tx.now();
    if ((await countConfirmationsOf(tx, 'confirm', userId, now - HOUR_MS)) >= HOURLY_MAX) {
      throw new AppError('TOO_MANY_REQUESTS', 'Too many mails were asked for; try again in an hour', {
        headers: { 'Retry-After': String(HOUR_MS / 1000) },
      });
    }
    const isQuiet = !(await mayMail(tx, 'confirm', email));
    const holder = await readUserByEmail(tx, email);
    const code = newCode();
    const expires_at = now + CONFIRM_MS;
    const row = {
      code_hash: hashCode(code),
      user_id: userId,
      purpose: 'confirm',
      email,
      created_at: now,
      expires_at,
    } as const;
    await insertConfirmation(tx, row);
    if (isQuiet) return;
    const letter =
      holder === undefined || holder.id === userId
        ? confirmAddressLetter({ to: email, name, origin }, code)
        : addressInUseLetter({ to: email, name: holder.name, origin });
    await mailer.enqueue(tx, letter, { uselessAt: expires_at });
  };

  return {
    begin,
    async beginAgain(tx, { userId, name }, origin) {
      const email = await findPendingAddress(tx, userId);
      if (email === undefined) return;
      if ((await countConfirmationsOf(tx, 'confirm', userId, (await tx.now()) - HOUR_MS)) > 0) return;
      await begin(tx, { userId, name, email }, origin);
    },
    async confirm(tx, code, origin) {
      const row = CODE.test(code) ? await takeConfirmation(tx, hashCode(code), 'confirm') : undefined;
      const user = row && (await lockUser(tx, row.user_id));
      if (row === undefined || user === undefined) return undefined;
      const holder = await readUserByEmail(tx, row.email);
      if (holder !== undefined && holder.id !== user.id) return 'taken';
      await updateAccount(tx, user.id, { email: row.email, verified: 1 });
      // Codes that went to the address before must open nothing any more.
      await deleteConfirmationsOf(tx, user.id);
      if (user.email !== null && user.email !== row.email) {
        await mailer.enqueue(tx, addressChangedLetter({ to: user.email, name: user.name, origin }));
      }
      await recordAudit(tx, {
        kind: 'user_change_email',
        actor: { kind: 'user', name: user.name },
        namespaceId: user.id,
        metadata: { email: row.email, old_email: user.email ?? '' },
      });
      return { userId: user.id, name: user.name };
    },
    async offerRecovery(tx, email, origin) {
      const user = await readUserByEmail(tx, email);
      if (user === undefined || !(await mayMail(tx, 'recover', email))) return;
      const code = newCode();
      const now = await tx.now();
      const expires_at = now + settings.recoveryLifetimeMs;
      await insertConfirmation(tx, {
        code_hash: hashCode(code),
        user_id: user.id,
        purpose: 'recover',
        email,
        created_at: now,
        expires_at,
      });
      const minutes = Math.max(1, Math.round(settings.recoveryLifetimeMs / 60_000));
      const letter = recoverLetter({ to: email, name: user.name, origin }, code, minutes);
      await mailer.enqueue(tx, letter, { uselessAt: expires_at });
    },
    async mayRecover(code) {
      if (!CODE.test(code)) return false;
      return (await findConfirmation(db, hashCode(code), 'recover', clock.now())) !== undefined;
    },
    async takeRecovery(tx, code) {
      const row = CODE.test(code) ? await takeConfirmation(tx, hashCode(code), 'recover') : undefined;
      const user = row && (await lockUser(tx, row.user_id));
      if (row === undefined || user?.email !== row.email) return undefined;
      return { userId: user.id, name: user.name };
    },
    jobs: [
      {
        queue: 'remove_expired_confirmations',
        everyMs: HOUR_MS,
        run: () => db.transaction((tx) => deleteExpiredConfirmations(tx)),
      },
    ],
  };
}

function newCode(): string {
  return randomBytes(CODE_BYTES).toString('base64url');
}

/** A plain hash is enough: there is nothing to guess. */
function hashCode(code: string): string {
  return hash('sha256', code, 'hex');
}
