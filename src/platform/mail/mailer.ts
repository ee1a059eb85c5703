import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../kernel/clock.ts';
import { isMailAddress } from '../../kernel/mail-address.ts';
import type { SecretBox } from '../crypto/index.ts';
import type { Transaction } from '../db/index.ts';
import type { Logger } from '../log/index.ts';
import type { JobHandler, JobQueue } from '../queue/index.ts';
import { composeMail, type Letter } from './compose-mail.ts';
import type { MailServer } from './config.ts';
import { parseSender, type Sender } from './parse-sender.ts';
import { createSmtpClient, MailRefused, type OutgoingMail } from './smtp.ts';

export interface MailSettings {
  /** undefined: FEATURE_MAILING is off, or MAIL_SERVER names none. */
  readonly server: MailServer | undefined;
  /** REGISTRY_TITLE. */
  readonly title: string;
}

/** Sends mail in the background. */
export interface Mailer {
  /** Whether there is a server; without one nothing may depend on an e-mail. */
  readonly enabled: boolean;
  /**
   * Sends the letter after the transaction, again and again for some hours while the server does not take it. Without a server
   * nothing is sent. @param options.uselessAt on the database's clock, ms: from then on it is not sent any more.
   * Throws when the address is none: whoever took it in had to check it.
   */
  enqueue(tx: Transaction, letter: Letter, options?: { readonly uselessAt?: number }): Promise<void>;
  readonly jobs: readonly JobHandler[];
}

export interface MailerPorts {
  readonly box: SecretBox;
  readonly queue: JobQueue;
  readonly clock: Clock;
  readonly log: Logger;
}

const QUEUE = 'send_mail';
const PURPOSE = 'queued mail';
const ATTEMPTS = 16;
/** How long handing over one mail may take. */
const SEND_MS = 90_000;

const PAYLOAD = z.object({ sealed: z.string(), uselessAt: z.int().nullable() });

export function createMailer({ box, queue, clock, log }: MailerPorts, { server, title }: MailSettings): Mailer {
  const sender = server === undefined ? undefined : senderOf(server, title);

  async function deliver(payload: unknown): Promise<void> {
    const { sealed, uselessAt } = PAYLOAD.parse(payload);
    const mail = JSON.parse(box.open(sealed, PURPOSE)) as Omit<OutgoingMail, 'from'>;
    const facts = { mail: mail.messageId };
    if (server === undefined || sender === undefined) {
      log.warn(facts, 'A mail that was waiting is given up, since no mail is sent any more');
      return;
    }
    if (uselessAt !== null && uselessAt <= clock.now()) {
      log.warn(facts, 'A mail could not be sent while it was of use, and is given up');
      return;
    }
    try {
      await createSmtpClient(server, SEND_MS).send({ ...mail, from: sender });
      log.info(facts, 'A mail was sent');
    } catch (error) {
      if (!(error instanceof MailRefused)) throw error;
      log.warn({ ...facts, err: error }, 'A mail was refused for good, and is given up');
    }
  }

  return {
    enabled: server !== undefined,
    async enqueue(tx, letter, { uselessAt } = {}) {
      if (!isMailAddress(letter.to)) throw new Error('A mail needs an address');
      if (sender === undefined) return;
      // Made here, so that a mail that is sent twice after a crash can be known as one.
      const messageId = `<${randomUUID()}@${sender.address.slice(sender.address.lastIndexOf('@') + 1)}>`;
      const mail: Omit<OutgoingMail, 'from'> = { messageId, to: letter.to, ...composeMail(title, letter) };
      // Links in mails open accounts: whoever reads the database must not find any.
      const sealed = box.seal(JSON.stringify(mail), PURPOSE);
      await queue.enqueue(tx, {
        queue: QUEUE,
        payload: { sealed, uselessAt: uselessAt ?? null } satisfies z.infer<typeof PAYLOAD>,
        maxAttempts: ATTEMPTS,
      });
    },
    jobs: [{ queue: QUEUE, run: deliver }],
  };
}

function senderOf(server: MailServer, title: string): Sender {
  const sender = parseSender(server.sender);
  if (sender === undefined) throw new Error(`"${server.sender}" is no sender of mail; check MAIL_DEFAULT_SENDER`);
  return { ...sender, name: sender.name === '' ? title : sender.name };
}
