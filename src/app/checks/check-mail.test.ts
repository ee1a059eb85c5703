import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { hasMailServer, startMailServer } from '../../../test/support/mail-server.ts';
import type { MailServer } from '../../platform/mail/index.ts';
import { checkMail } from './check-mail.ts';

let server: Server | undefined;
afterEach(() => server?.close());

/** A server that says the first text at once, and the next one after each line it gets. */
async function listen(...says: readonly string[]): Promise<number> {
  server = createServer((socket: Socket) => {
    const rest = [...says];
    socket.write(rest.shift() ?? '');
    socket.on('error', () => undefined);
    socket.on('data', () => {
      const next = rest.shift();
      if (next === undefined) socket.end();
      else socket.write(next);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

const check = (port: number, more: Partial<MailServer> = {}) =>
  checkMail({
    title: 'Gantry',
    server: {
      host: '127.0.0.1',
      port,
      startTls: false,
      credentials: undefined,
      sender: 'noreply@registry.test',
      ...more,
    },
  });

test.skipIf(!hasMailServer)('a server that takes mail works', async () => {
  await using mail = await startMailServer();
  expect(await check(mail.port)).toEqual({
    service: 'mail',
    outcome: 'works',
    message: `MAIL_SERVER 127.0.0.1:${mail.port} answers`,
  });
});

test('one without STARTTLS works only where that is not asked for', async () => {
  const greeting = ['220-mail.test\r\n220 ready\r\n', '250 mail.test\r\n', '502 what?\r\n'];
  expect(await check(await listen(...greeting), { startTls: true })).toMatchObject({
    outcome: 'failed',
    message: expect.stringContaining('MAIL_USE_TLS'),
  });
  server?.close();
  expect(await check(await listen(...greeting))).toMatchObject({ outcome: 'works' });
});

test.each([
  ['turns everybody away', ['554 no service here\r\n'], '554 no service here'],
  ['is no mail server', ['HTTP/1.1 400 Bad Request\r\n\r\n'], 'HTTP/1.1 400'],
  ['knows no EHLO and no HELO', ['220 old\r\n', '502 what?\r\n', '502 what?\r\n'], '502 what?'],
])('one that %s is told with what it said', async (_name, says, said) => {
  const { outcome, message } = await check(await listen(...says));
  expect(outcome).toBe('failed');
  expect(message).toContain('MAIL_SERVER 127.0.0.1:');
  expect(message).toContain(said);
  expect(message).toContain('check MAIL_SERVER');
});

test('a place where nobody listens is named', async () => {
  expect(await check(1)).toMatchObject({
    outcome: 'failed',
    message: expect.stringMatching(/127\.0\.0\.1:1.*ECONNREFUSED/),
  });
});

test('without a server nothing is tried', async () => {
  expect(await checkMail({ title: 'Gantry', server: undefined })).toMatchObject({ outcome: 'untried' });
});
