import { request } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { createFakeClock } from '../../../test/support/fake-clock.ts';
import { startHttp, type TestServer } from '../../../test/support/http.ts';
import { createLogger } from '../log/index.ts';
import { createRequestLimits, type RequestLimitSettings } from './request-limits.ts';

const SETTINGS: RequestLimitSettings = {
  rates: { 'very-light': 60, light: 2, heavy: 1 },
  namespaceTokens: 3,
  burstSeconds: 2,
  exemptNamespaces: ['trusted'],
};
const INTERNAL = 'Bearer made-by-the-instance';

let server: TestServer | undefined;
afterEach(() => server?.close());

/** Every address answers 200 when admitted; `Right …` credentials turn out to be a user's. */
async function start(settings: Partial<RequestLimitSettings> = {}) {
  const clock = createFakeClock();
  const lines: string[] = [];
  let asked = 0;
  let handled = 0;
  const limited = createRequestLimits(
    { ...SETTINGS, ...settings },
    {
      clock,
      log: createLogger({ level: 'info', destination: { write: (line) => void lines.push(line) } }),
      isInternal: (authorization) => {
        asked += 1;
        return Promise.resolve(authorization === INTERNAL);
      },
    },
  );
  const started = await startHttp({
    config: { trustedProxies: ['127.0.0.1'] },
    mounts: [
      {
        prefix: '/v2',
        errors: 'oci',
        handler: limited(
          (context) => {
            handled += 1;
            const { authorization = '' } = context.req.headers;
            if (authorization === INTERNAL) context.credentialsProven?.('internal');
            else if (authorization.startsWith('Right')) context.credentialsProven?.('user');
            context.res.writeHead(200);
            context.res.end();
          },
          (context) => {
            const [, , namespace = '', what = ''] = context.path.split('/');
            const weight = what === 'heavy' ? 'heavy' : what === 'blob' ? 'very-light' : 'light';
            return { weight, namespace, token: what === 'token' };
          },
        ),
      },
      { prefix: '/health', errors: 'quay', handler: ({ res }) => void res.writeHead(200).end() },
    ],
  });
  server = started;
  const send = (path: string, from: string, authorization?: string): Promise<Answer> =>
    sendTo(started.port, path, { 'x-forwarded-for': from, ...(authorization && { authorization }) });
  const statuses = async (count: number, path: string, from: string, authorization?: string) => {
    const all: number[] = [];
    for (let index = 0; index < count; index++) all.push((await send(path, from, authorization)).status);
    return all;
  };
  return { clock, lines, send, statuses, asked: () => asked, handled: () => handled };
}

interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

function sendTo(port: number, path: string, headers: Record<string, string>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'], body }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}

test('more than the burst is refused with Retry-After, before the handler, and let in after it', async () => {
  const { clock, send, statuses, handled } = await start();
  expect(await statuses(5, '/v2/acme/manifest', '192.0.2.1')).toEqual([200, 200, 200, 200, 429]);
  expect(handled()).toBe(4);
  const refused = await send('/v2/acme/manifest', '192.0.2.1');
  expect(refused.retryAfter).toBe('1');
  expect(JSON.parse(refused.body)).toEqual({
    errors: [{ code: 'TOOMANYREQUESTS', message: 'Too many requests; try again in 1 s', detail: {} }],
  });
  clock.advance(1000);
  expect(await statuses(3, '/v2/acme/manifest', '192.0.2.1')).toEqual([200, 200, 429]);
});

test('addresses are counted apart, by the one that trusted proxies name, IPv6 by /64', async () => {
  const { statuses } = await start();
  expect(await statuses(5, '/v2/acme/manifest', '192.0.2.1')).toContain(429);
  expect(await statuses(4, '/v2/acme/manifest', '192.0.2.2')).toEqual([200, 200, 200, 200]);
  expect(await statuses(4, '/v2/acme/manifest', '2001:db8::1')).toEqual([200, 200, 200, 200]);
  expect(await statuses(1, '/v2/acme/manifest', '2001:db8::2')).toEqual([429]);
  // What a client invents stands left of what its proxy has added.
  expect(await statuses(1, '/v2/acme/manifest', '203.0.113.7, 192.0.2.1')).toEqual([429]);
});

test('each weight has a limit of its own', async () => {
  const { statuses } = await start();
  expect(await statuses(3, '/v2/acme/heavy', '192.0.2.1')).toEqual([200, 200, 429]);
  expect(await statuses(4, '/v2/acme/manifest', '192.0.2.1')).toEqual([200, 200, 200, 200]);
  expect(await statuses(100, '/v2/acme/blob', '192.0.2.1')).not.toContain(429);
});

test('users are counted by their credentials, also behind one address', async () => {
  const { statuses } = await start();
  for (const user of ['Right a', 'Right b', 'Right c']) {
    // The first one of each is the address’s, until it has proven itself.
    expect(await statuses(5, '/v2/acme/manifest', '192.0.2.1', user)).toEqual([200, 200, 200, 200, 200]);
    expect(await statuses(1, '/v2/acme/manifest', '192.0.2.1', user)).toEqual([429]);
  }
  expect(await statuses(2, '/v2/acme/manifest', '192.0.2.1')).toEqual([200, 429]);
});

test('made-up credentials gain nothing', async () => {
  const { send } = await start();
  const all: number[] = [];
  for (let index = 0; index < 20; index++)
    all.push((await send('/v2/acme/manifest', '192.0.2.1', `Wrong ${index}`)).status);
  expect(all.filter((status) => status === 200)).toHaveLength(4);
});

test('tokens are also counted by namespace, whoever asks', async () => {
  const { send } = await start();
  const all: number[] = [];
  for (let index = 0; index < 8; index++) all.push((await send('/v2/acme/token', `192.0.2.${index}`)).status);
  expect(all).toEqual([200, 200, 200, 200, 200, 200, 429, 429]);
  expect((await send('/v2/other/token', '192.0.2.1')).status).toBe(200);
});

test('NON_RATE_LIMITED_NAMESPACES and what has no limits are never refused', async () => {
  const { statuses } = await start();
  expect(await statuses(20, '/v2/trusted/heavy', '192.0.2.1')).not.toContain(429);
  await statuses(5, '/v2/acme/manifest', '192.0.2.1');
  expect(await statuses(20, '/health', '192.0.2.1')).not.toContain(429);
});

test('what the instance sends to itself is never refused, not even from an address that has used up all it may', async () => {
  const { statuses, asked } = await start();
  expect(await statuses(5, '/v2/acme/heavy', '192.0.2.1')).toContain(429);
  expect(await statuses(50, '/v2/acme/heavy', '192.0.2.1', INTERNAL)).not.toContain(429);
  // Proven once, then remembered.
  expect(asked()).toBe(1);
});

test('a flood of made-up tokens makes few signatures checked and few lines logged', async () => {
  const { send, asked, lines } = await start();
  for (let index = 0; index < 300; index++) await send('/v2/acme/heavy', '192.0.2.1', `Bearer made-up-${index}`);
  expect(asked()).toBe(100);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('192.0.2.1');
});
