import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { expect, test } from 'vitest';
import { askHealth } from './ask-health.ts';

async function answering<T>(listener: RequestListener, ask: (port: number) => Promise<T>): Promise<T> {
  await using server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return await ask(typeof address === 'object' && address !== null ? address.port : 0);
}

const host = '127.0.0.1';

test('the status, and what is not well', async () => {
  const services = { registry: true, database: false, redis: null, storage: false };
  const answer = await answering(
    (req, res) => res.writeHead(req.url === '/health/instance' ? 503 : 404).end(JSON.stringify({ data: { services } })),
    (port) => askHealth({ host, port }),
  );
  expect(answer).toEqual({ status: 503, unwell: ['database', 'storage'] });
});

test.each(['', 'no JSON', 'null', '{"data":null}'])('an answer "%s" counts by its status', async (body) => {
  const answer = await answering(
    (_, res) => res.end(body),
    (port) => askHealth({ host, port }),
  );
  expect(answer).toEqual({ status: 200, unwell: [] });
});

test('an endless answer, and none, are errors', async () => {
  const endless = answering(
    (_, res) => {
      const write = (): void => void (res.writable && res.write('x'.repeat(65_536), () => setImmediate(write)));
      write();
    },
    (port) => askHealth({ host, port }),
  );
  await expect(endless).rejects.toThrow('too long');
  const port = await answering(
    () => undefined,
    (number) => Promise.resolve(number),
  );
  await expect(askHealth({ host, port })).rejects.toThrow('ECONNREFUSED');
});
