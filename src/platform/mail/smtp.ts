import type { MailServer } from './config.ts';

/** A mail as it is handed to the server. */
export interface OutgoingMail {
  readonly messageId: string;
  readonly from: { readonly name: string; readonly address: string };
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Whether trying the same again later can help. */
export class MailRefused extends Error {
  override readonly name = 'MailRefused';
}

/** RFC 8314 §3.3: on this port TLS begins at once. */
const TLS_PORT = 465;
const CONNECT_MS = 10_000;
const SILENCE_MS = 30_000;
/** Longest part of what a server says that is repeated. */
const SAID_MAX = 200;

/** Hands mail to a server by SMTP (RFC 5321), each over a connection of its own. */
export interface SmtpClient {
  /** Connects, changes to TLS and signs in as for a mail, but sends none. Errors: what went wrong, in words. */
  verify(): Promise<void>;
  /** Errors: {@link MailRefused} when the server will never take this mail, else what went wrong. */
  send(mail: OutgoingMail): Promise<void>;
}

/** @param limitMs how long verifying or sending may take, from the first packet to the last answer */
export function createSmtpClient(server: MailServer, limitMs: number): SmtpClient {
  const open = async () => {
    // Most instances send no mail, and a start must not pay for it.
    const { createTransport } = await import('nodemailer');
    const isTls = server.port === TLS_PORT;
    return createTransport({
      host: server.host,
      port: server.port,
      secure: isTls,
      requireTLS: server.startTls && !isTls,
      ignoreTLS: !server.startTls,
      ...(server.credentials === undefined
        ? {}
        : { auth: { user: server.credentials.user, pass: server.credentials.password.reveal() } }),
      connectionTimeout: CONNECT_MS,
      greetingTimeout: CONNECT_MS,
      dnsTimeout: CONNECT_MS,
      socketTimeout: SILENCE_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  };
  const within = async (work: (transport: Awaited<ReturnType<typeof open>>) => Promise<unknown>): Promise<void> => {
    const transport = await open();
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error(`there was no end within ${limitMs / 1000} s`)), limitMs);
    try {
      await Promise.race([work(transport), late.promise]);
    } catch (error) {
      throw explain(server, error);
    } finally {
      clearTimeout(timer);
      transport.close();
    }
  };
  return {
    verify: () => within((transport) => transport.verify()),
    send: ({ messageId, from, to, subject, text, html }) =>
      within((transport) =>
        transport.sendMail({
          messageId,
          from: { ...from },
          to: { name: '', address: to },
          // What is told to the server is what was checked, and nothing that was parsed from a header.
          envelope: { from: from.address, to: [to] },
          subject,
          text,
          html,
          // RFC 3834 §5: no answering machine replies to a machine.
          headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
        }),
      ),
  };
}

function explain({ host, port }: MailServer, error: unknown): Error {
  const reason = error instanceof Error ? error : new Error(String(error));
  const status = 'responseCode' in reason ? Number(reason.responseCode) : 0;
  const said = reason.message.split('\n')[0]?.trim().slice(0, SAID_MAX) ?? '';
  const message = `MAIL_SERVER ${host}:${port}: ${said}`;
  // A refused sign-in is the fault of the configuration, which can be mended while the mail waits.
  const isFinal = status >= 500 && 'code' in reason && (reason.code === 'EENVELOPE' || reason.code === 'EMESSAGE');
  return isFinal ? new MailRefused(message, { cause: error }) : new Error(message, { cause: error });
}
