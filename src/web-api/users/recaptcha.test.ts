import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createGuardedFetch, type GuardedFetch, type GuardedRequest } from '../../platform/net/index.ts';
import { createRecaptcha, type Recaptcha } from './recaptcha.ts';

const SECRET = 'the secret key';

let server: Server;
let net: GuardedFetch;
let url: string;
let respond: (req: IncomingMessage, res: ServerResponse) => void | Promise<void>;
let requests: number;
let bounds: GuardedRequest | undefined;

beforeEach(async () => {
  requests = 0;
  bounds = undefined;
  server = createServer((req, res) => {
    requests += 1;
    void respond(req, res);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/siteverify`;
  net = createGuardedFetch({ allowHosts: ['127.0.0.1'] });
});

afterEach(() => {
  net.close();
  server.closeAllConnections();
  server.close();
});

/** @param timeoutMs in place of what it would wait otherwise */
function recaptcha(timeoutMs?: number): Recaptcha {
  const fetch: GuardedFetch['fetch'] = (address, request) => {
    bounds = request;
    return net.fetch(address, { ...request, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
  };
  return createRecaptcha({ fetch }, { url, secretKey: SECRET, exempt: [] });
}

const says = (body: unknown, status = 200) => {
  respond = (req, res) => {
    req.resume();
    res.writeHead(status, { 'Content-Type': 'application/json' });
    res.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
};

const fails = async (work: Promise<void>) => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  // Whatever the service does, nobody is shown the key.
  expect(String(error)).not.toContain(SECRET);
  return error;
};

it('lets a proof pass that the service accepts, which is asked as reCAPTCHA documents it', async () => {
  const asked: unknown[] = [];
  respond = async (req, res) => {
    asked.push([
      req.method,
      req.url,
      req.headers['content-type'],
      Object.fromEntries(new URLSearchParams(await text(req))),
    ]);
    res.end(JSON.stringify({ success: true, challenge_ts: '2026-01-01T00:00:00Z', hostname: 'registry.example.org' }));
  };
  await expect(recaptcha().check('a proof & more=1', '2001:db8::7')).resolves.toBeUndefined();
  const form = { secret: SECRET, response: 'a proof & more=1', remoteip: '2001:db8::7' };
  expect(asked).toEqual([['POST', '/siteverify', 'application/x-www-form-urlencoded', form]]);
});

it('refuses a proof that the service refuses', async () => {
  says({ success: false, 'error-codes': ['invalid-input-response'] });
  expect(await fails(recaptcha().check('wrong', '192.0.2.1'))).toMatchObject({ code: 'INVALID_REQUEST' });
  says({ success: false });
  expect(await fails(recaptcha().check('wrong', '192.0.2.1'))).toMatchObject({ code: 'INVALID_REQUEST' });
});

it('refuses a missing proof without asking', async () => {
  says({ success: true });
  for (const proof of [undefined, '']) {
    expect(await fails(recaptcha().check(proof, '192.0.2.1'))).toMatchObject({ code: 'INVALID_REQUEST' });
  }
  expect(requests).toBe(0);
});

it('does not call people programs when the service does not know the key of this registry', async () => {
  for (const fault of ['missing-input-secret', 'invalid-input-secret']) {
    says({ success: false, 'error-codes': [fault] });
    expect(await fails(recaptcha().check('right', '192.0.2.1'))).toMatchObject({
      code: 'EXTERNAL_SERVICE',
      cause: { message: expect.stringContaining('RECAPTCHA_SECRET_KEY') },
    });
  }
});

it.each([
  ['garbage', '<html>success</html>', 200],
  ['nothing', '', 200],
  ['another shape', { success: 'true' }, 200],
  ['a list', [true], 200],
  ['too much', JSON.stringify({ success: true, more: 'x'.repeat(70_000) }), 200],
  ['a failure of its own', { success: true }, 503],
])('lets nobody pass when the service answers %s', async (_, body: unknown, status) => {
  says(body, status);
  expect(await fails(recaptcha().check('right', '192.0.2.1'))).toMatchObject({ code: 'EXTERNAL_SERVICE' });
});

it('lets nobody pass when an answer without an announced length does not end in time', async () => {
  respond = (req, res) => {
    req.resume();
    const more = (): void => {
      if (!res.destroyed) res.write(' '.repeat(16_384), more);
    };
    more();
  };
  expect(await fails(recaptcha().check('right', '192.0.2.1'))).toMatchObject({ code: 'EXTERNAL_SERVICE' });
});

it('follows no redirect with the key', async () => {
  respond = (req, res) => {
    req.resume();
    if (req.url === '/siteverify') res.writeHead(307, { Location: '/elsewhere' }).end();
    else res.end(JSON.stringify({ success: true }));
  };
  expect(await fails(recaptcha().check('right', '192.0.2.1'))).toMatchObject({ code: 'EXTERNAL_SERVICE' });
  expect(requests).toBe(1);
});

it('waits for a silent service for some seconds at most', async () => {
  respond = (req) => void req.resume();
  expect(await fails(recaptcha(100).check('right', '192.0.2.1'))).toMatchObject({
    code: 'EXTERNAL_SERVICE',
    cause: { message: expect.stringContaining('did not answer within 100 ms') },
  });
  expect(bounds?.timeoutMs).toBeLessThanOrEqual(10_000);
});

it('lets nobody pass when there is no service', async () => {
  says({ success: true });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  expect(await fails(recaptcha().check('right', '192.0.2.1'))).toMatchObject({ code: 'EXTERNAL_SERVICE' });
});
