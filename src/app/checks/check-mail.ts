import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ServiceFinding } from './service-finding.ts';

/** How long connecting, and each answer, may take. */
const STEP_MS = 5000;
/** Longest answer that is read, in characters. */
const MAX_REPLY = 8192;
const SUBMISSION_PORT = 587;
/** RFC 8314 3.3: on this port TLS begins at once. */
const TLS_PORT = 465;

/** Whether the server that MAIL_SERVER names greets and takes commands (RFC 5321 3.1, 3.2). Nothing is sent by it. */
export async function checkMail(written: ReadonlyMap<string, unknown>): Promise<ServiceFinding> {
  const service = 'mail';
  const host = written.get('MAIL_SERVER');
  if (written.get('FEATURE_MAILING') === false)
    return { service, outcome: 'untried', message: 'FEATURE_MAILING is off' };
  if (typeof host !== 'string' || host === '')
    return { service, outcome: 'untried', message: 'MAIL_SERVER names no server' };
  const port = Number(written.get('MAIL_PORT') ?? SUBMISSION_PORT);
  const wantsTls = written.get('MAIL_USE_TLS') !== false && port !== TLS_PORT;
  const place = `MAIL_SERVER ${host}:${port}`;
  try {
    const extensions = await greet(host, port);
    if (wantsTls && !/^STARTTLS$/im.test(extensions)) {
      const message = `${place} answers, but offers no STARTTLS; use its port for submission, or set MAIL_USE_TLS: false`;
      return { service, outcome: 'failed', message };
    }
    return { service, outcome: 'works', message: `${place} answers${wantsTls ? ' and offers STARTTLS' : ''}` };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      service,
      outcome: 'failed',
      message: `${place} cannot be used: ${reason}; check MAIL_SERVER and MAIL_PORT`,
    };
  }
}

/** The extensions that the server lists. */
async function greet(host: string, port: number): Promise<string> {
  const socket = port === TLS_PORT ? connectTls({ host, port, servername: host }) : connect({ host, port });
  // What comes after an answer that was given up on has nobody who listens.
  socket.on('error', () => undefined);
  socket.setTimeout(STEP_MS, () => socket.destroy(new Error(`there was no answer within ${STEP_MS / 1000} s`)));
  try {
    await once(socket, port === TLS_PORT ? 'secureConnect' : 'connect');
    const replies = readReplies(socket);
    await expectReply(replies, '220');
    socket.write('EHLO gantry.invalid\r\n');
    const extensions = await expectReply(replies, '250');
    socket.end('QUIT\r\n');
    return extensions;
  } finally {
    socket.destroy();
  }
}

async function expectReply(replies: AsyncGenerator<string, void>, code: string): Promise<string> {
  const { value, done } = await replies.next();
  if (done === true) throw new Error('it closed the connection');
  if (!value.startsWith(code)) throw new Error(`it said "${value.split('\n')[0]?.trim().slice(0, 200) ?? ''}"`);
  return value.replaceAll(/^\d{3}[ -]/gm, '').replaceAll('\r', '');
}

/** Answers may have several lines; the last has a space after its code. */
async function* readReplies(socket: Socket): AsyncGenerator<string, void> {
  let text = '';
  socket.setEncoding('utf8');
  for await (const chunk of socket as AsyncIterable<string>) {
    text += chunk;
    if (text.length > MAX_REPLY) throw new Error('it says too much; is there a mail server at all?');
    const end = /^\d{3} .*\r?\n/m.exec(text);
    if (end === null) continue;
    const length = end.index + end[0].length;
    yield text.slice(0, length);
    text = text.slice(length);
  }
}
