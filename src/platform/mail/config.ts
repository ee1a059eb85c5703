import { z } from 'zod';
import { type ConfigRule, defineConfig, type Secret, secret } from '../config/index.ts';
import { parseSender } from './parse-sender.ts';

/** The server that mail is handed to, and how. */
export interface MailServer {
  readonly host: string;
  readonly port: number;
  /** MAIL_USE_TLS: nothing is sent before the connection has changed to TLS. On port 465 it begins with TLS in any case. */
  readonly startTls: boolean;
  readonly credentials: { readonly user: string; readonly password: Secret } | undefined;
  /** Address, or `Name <address>`. */
  readonly sender: string;
}

export const mailConfig = defineConfig({
  FEATURE_MAILING: {
    schema: z.boolean(),
    default: true,
    description:
      'Mail is sent, and new users must confirm their mail address; without MAIL_SERVER neither, and no address is ever needed',
  },
  MAIL_SERVER: { schema: z.string().max(253), description: 'Host that takes mail' },
  MAIL_PORT: {
    schema: z.int().min(1).max(65_535),
    default: 587,
    description: 'Port of MAIL_SERVER; on 465 the connection begins with TLS',
  },
  MAIL_USE_TLS: {
    schema: z.boolean(),
    default: true,
    description: 'The connection to MAIL_SERVER must change to TLS (STARTTLS) before anything is sent',
  },
  MAIL_USERNAME: { schema: z.string().max(255), description: 'User at MAIL_SERVER; not set: nobody signs in there' },
  MAIL_PASSWORD: { schema: secret(), description: 'Password at MAIL_SERVER' },
  MAIL_DEFAULT_SENDER: {
    schema: z
      .string()
      .max(500)
      .refine((text) => parseSender(text) !== undefined, 'write an address, or "Name <address>"'),
    description: 'Sender of all mail; not set: noreply at the host of SERVER_HOSTNAME',
    quayDefault: 'admin@example.com',
  },
});

export const mailRules: readonly ConfigRule<typeof mailConfig>[] = [
  {
    key: 'MAIL_USERNAME',
    check: (values) =>
      (values.MAIL_USERNAME ?? '') === '' || values.MAIL_PASSWORD !== undefined
        ? undefined
        : 'MAIL_USERNAME needs MAIL_PASSWORD; set it, or take the user name out',
  },
];
