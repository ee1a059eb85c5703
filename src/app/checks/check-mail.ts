import { createSmtpClient, type MailSettings } from '../../platform/mail/index.ts';
import type { ServiceFinding } from './service-finding.ts';

/** The whole of it: connecting, TLS, signing in. */
const LIMIT_MS = 15_000;
/** RFC 8314 §3.3: on this port TLS begins at once. */
const TLS_PORT = 465;

/** Whether the server that MAIL_SERVER names takes the connection, TLS and the password. Nothing is sent by it. */
export async function checkMail({ server }: MailSettings): Promise<ServiceFinding> {
  const service = 'mail';
  if (server === undefined)
    return { service, outcome: 'untried', message: 'MAIL_SERVER names no server, or FEATURE_MAILING is off' };
  try {
    await createSmtpClient(server, LIMIT_MS).verify();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `${reason}; check MAIL_SERVER, MAIL_PORT, MAIL_USE_TLS, MAIL_USERNAME and MAIL_PASSWORD`;
    return { service, outcome: 'failed', message };
  }
  const facts = [
    ...(server.startTls || server.port === TLS_PORT ? ['changes to TLS'] : []),
    ...(server.credentials === undefined ? [] : ['takes the password']),
  ];
  const message = `MAIL_SERVER ${server.host}:${server.port} ${['answers', ...facts].join(', ')}`;
  return { service, outcome: 'works', message };
}
