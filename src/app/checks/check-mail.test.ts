import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { checkMail } from './check-mail.ts';

let server: Server | undefined;
afterEach(() => server?.close());

/** A server that says the first text at once, and the next one after each line it gets. */
async function listen(...says: readonly string[]): Promise<{ port: number; heard: string[] }> {
  const heard: string[] = [];
  server = createServer((socket: Socket) => {
    const rest = [...says];
    socket.write(rest.shift() ?? '');
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      heard.push(chunk.toString());
      const next = rest.shift();
      if (next === undefined) socket.end();
      else socket.write(next);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : 0, heard };
}

const check = (port: number, more: Readonly<Record<string, unknown>> = {}) =>
  checkMail(new Map<string, unknown>(Object.entries({ MAIL_SERVER: '127.0.0.1', MAIL_PORT: port, ...more })));

test('a server that greets and offers STARTTLS works, and is sent nothing but a greeting', async () => {
  const { port, heard } = await listen(
    '220 mail.test ready\r\n',
    '250-mail.test\r\n250-PIPELINING\r\n250 STARTTLS\r\n',
  );
  const message = `MAIL_SERVER 127.0.0.1:${port} answers and offers STARTTLS`;
  expect(await check(port)).toEqual({ service: 'mail', outcome: 'works', message });
  expect(heard[0]).toBe('EHLO gantry.invalid\r\n');
});

test('one without STARTTLS works only where that is not asked for', async () => {
  const { port } = await listen('220-mail.test\r\n220 ready\r\n', '250 mail.test\r\n');
  expect(await check(port)).toMatchObject({
    outcome: 'failed',
    message: expect.stringContaining('MAIL_USE_TLS: false'),
  });
  expect(await check(port, { MAIL_USE_TLS: false })).toMatchObject({ outcome: 'works' });
});

test.each([
  ['turns everybody away', ['554 no service here\r\n'], 'it said "554 no service here"'],
  ['is no mail server', ['HTTP/1.1 400 Bad Request\r\n\r\n'.repeat(1000)], 'it says too much'],
  ['knows no EHLO', ['220 old\r\n', '502 what?\r\n'], 'it said "502 what?"'],
  ['ends in the middle', ['220 short\r\n'], 'it closed the connection'],
])('one that %s is told with what it said', async (_name, says, reason) => {
  const { port } = await listen(...says);
  const { outcome, message } = await check(port);
  expect(outcome).toBe('failed');
  expect(message).toContain(`MAIL_SERVER 127.0.0.1:${port} cannot be used: `);
  expect(message).toContain(reason);
  expect(message).toContain('check MAIL_SERVER and MAIL_PORT');
});

test('a place where nobody listens is named', async () => {
  expect(await check(1)).toMatchObject({
    outcome: 'failed',
    message: expect.stringMatching(/127\.0\.0\.1:1 .*ECONNREFUSED/),
  });
});

test('without a server, or with mail off, nothing is tried', async () => {
  expect(await checkMail(new Map())).toMatchObject({ outcome: 'untried' });
  expect(await check(1, { FEATURE_MAILING: false })).toMatchObject({ outcome: 'untried' });
});
