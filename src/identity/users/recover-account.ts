import { hash } from 'node:crypto';
import { z } from 'zod';
import { isMailAddress } from '../../kernel/mail-address.ts';
import type { PasswordHasher, SecretBox } from '../../platform/crypto/index.ts';
import type { Database } from '../../platform/db/index.ts';
import type { Mailer } from '../../platform/mail/index.ts';
import type { JobHandler, JobQueue } from '../../platform/queue/index.ts';
import { passwordFault } from '../create-user.ts';
import type { UserActor } from '../model.ts';
import { changePassword } from './change-password.ts';
import type { MailConfirmations } from './mail-confirmations.ts';

/** What became of a new password. */
export type Recovered =
  | { readonly kind: 'done'; readonly user: UserActor }
  /** The code is unknown, used or run out. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'fault'; readonly fault: string };

/** For users who have forgotten their password. */
export interface AccountRecovery {
  /**
   * Mails a link to the user with this address. What is done here is the same whether there is one or not, and so is the time it takes: a job
   * looks him up.
   */
  request(email: string, origin: string): Promise<void>;
  /** Sets a password by the code of such a link. */
  finish(
    code: string,
    password: string,
    from: { readonly origin: string; readonly clientAddress: string },
  ): Promise<Recovered>;
  readonly jobs: readonly JobHandler[];
}

const QUEUE = 'recover_account';
const PURPOSE = 'account to recover';
const PAYLOAD = z.object({ sealed: z.string() });
const REQUEST = z.object({ email: z.string(), origin: z.string() });

export function createAccountRecovery(ports: {
  readonly db: Database;
  readonly box: SecretBox;
  readonly passwords: PasswordHasher;
  readonly mailer: Mailer;
  readonly queue: JobQueue;
  readonly confirmations: MailConfirmations;
}): AccountRecovery {
  const { db, box, passwords, mailer, queue, confirmations } = ports;
  return {
    async request(email, origin) {
      const sealed = box.seal(JSON.stringify({ email: email.toLowerCase(), origin }), PURPOSE);
      // Of many requests for one address at once, one waits.
      const dedupeKey = hash('sha256', email.toLowerCase(), 'hex');
      await db.transaction((tx) => queue.enqueue(tx, { queue: QUEUE, payload: { sealed }, dedupeKey }));
    },
    async finish(code, password, { origin, clientAddress }) {
      const fault = passwordFault(password);
      if (fault !== undefined) return { kind: 'fault', fault };
      // Hashing is dear, so nobody gets it for a guess.
      if (!(await confirmations.mayRecover(code))) return { kind: 'refused' };
      const passwordHash = await passwords.hash(password);
      return db.transaction(async (tx) => {
        const taken = await confirmations.takeRecovery(tx, code);
        if (taken === undefined) return { kind: 'refused' };
        const by = { actor: { kind: 'user', name: taken.name }, clientAddress } as const;
        return { kind: 'done', user: await changePassword(tx, mailer, { ...taken, passwordHash }, by, origin) };
      });
    },
    jobs: [
      {
        queue: QUEUE,
        async run(payload) {
          const { email, origin } = REQUEST.parse(JSON.parse(box.open(PAYLOAD.parse(payload).sealed, PURPOSE)));
          if (isMailAddress(email)) await db.transaction((tx) => confirmations.offerRecovery(tx, email, origin));
        },
      },
    ],
  };
}
