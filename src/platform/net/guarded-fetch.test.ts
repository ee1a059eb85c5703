import fc from 'fast-check';
import { createServer, type Server } from 'node:http';
import { isIP, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAddressPolicy } from './address-policy.ts';
import { createGuardedFetch, type GuardedFetchOptions, type ResolveHost } from './index.ts';

let server: Server;
let port: number;
const seen: { url: string | undefined; authorization: string | undefined; method: string | undefined }[] = [];

beforeAll(async () => {
  server = createServer((req, res) => {
    seen.push({ url: req.url, authorization: req.headers.authorization, method: req.method });
    const [, verb, rest = ''] = /^\/([a-z]*)\/?(.*)$/.exec(req.url ?? '') ?? [];
    if (verb === 'redirect') res.writeHead(302, { Location: decodeURIComponent(rest) }).end();
    else if (verb === 'big') res.end(Buffer.alloc(1000));
    else if (verb === 'endless') res.write(Buffer.alloc(1000));
    else if (verb === 'silent') req.resume();
    else res.end('hello');
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** A name server in which every name has the given addresses, one list for each question. */
function answering(...answers: string[][]): ResolveHost {
  let asked = 0;
  return (_host, callback) => {
    const list = answers[Math.min(asked++, answers.length - 1)] ?? [];
    callback(
      null,
      list.map((address) => ({ address, family: isIP(address) })),
    );
  };
}

async function using<T>(
  options: GuardedFetchOptions,
  work: (net: ReturnType<typeof createGuardedFetch>) => Promise<T>,
): Promise<T> {
  const net = createGuardedFetch(options);
  try {
    return await work(net);
  } finally {
    net.close();
  }
}

const local = { allowHosts: ['registry.test'], resolve: answering(['127.0.0.1']) };

describe('addresses', () => {
  test.each([
    ['loopback', 'http://127.0.0.1/'],
    ['loopback in other spellings', 'http://2130706433/'],
    ['loopback in octal', 'http://0177.0.0.1/'],
    ['localhost', 'http://localhost/'],
    ['names below localhost', 'http://a.localhost./'],
    ['single labels', 'http://metadata/'],
    ['internal names', 'http://metadata.google.internal/'],
    ['metadata', 'http://169.254.169.254/latest'],
    ['carrier-grade NAT', 'https://100.100.100.200/'],
    ['private', 'https://10.1.2.3/'],
    ['multicast', 'http://239.1.1.1/'],
    ['unspecified', 'http://0/'],
    ['IPv6 loopback', 'http://[::1]/'],
    ['IPv6 unique local', 'http://[fd00:ec2::254]/'],
    ['IPv6 link-local', 'http://[fe80::1]/'],
    ['IPv4-mapped IPv6', 'http://[::ffff:10.0.0.1]/'],
    ['NAT64 of a private address', 'http://[64:ff9b::a00:1]/'],
    ['6to4', 'http://[2002:7f00:1::]/'],
    ['other schemes', 'file:///etc/passwd'],
  ])('are refused without a look-up: %s', async (_name, url) => {
    const unasked: ResolveHost = () => expect.unreachable();
    await using({ resolve: unasked }, async (net) => {
      expect(() => net.check(url)).toThrow(expect.objectContaining({ code: 'ADDRESS_NOT_ALLOWED' }) as Error);
      await expect(net.fetch(url)).rejects.toMatchObject({ code: 'ADDRESS_NOT_ALLOWED' });
    });
  });

  test.each([
    'https://registry.example.com',
    'http://93.184.216.34/',
    'http://[2606:2800:220:1::1]:5000/',
    'http://[64:ff9b::5db8:d822]/',
  ])('that are public pass: %s', (url) => using({}, async (net) => net.check(url)));

  test('are checked again after the look-up, so a name that changes its answer gains nothing', async () => {
    await using({ resolve: answering(['10.0.0.1']) }, async (net) => {
      const url = `http://rebind.example.com:${port}/`;
      net.check(url);
      await expect(net.fetch(url)).rejects.toThrow(/"rebind.example.com" at 10.0.0.1 .*SSRF_ALLOWED_HOSTS/);
    });
    await using({ resolve: answering(['93.184.216.34', '::ffff:127.0.0.1']) }, async (net) => {
      await expect(net.fetch(`http://mixed.example.com:${port}/`)).rejects.toMatchObject({
        code: 'ADDRESS_NOT_ALLOWED',
      });
    });
  });

  test.each([
    ['by name', { allowHosts: ['registry.test'] }],
    ['by range', { allowHosts: ['127.0.0.0/8'] }],
    ['by address', { allowHosts: ['127.0.0.1'] }],
    ['altogether', { allowPrivate: true }],
  ])('that the operator allows are reached: %s', (_name, options) =>
    using({ ...options, resolve: answering(['127.0.0.1']) }, async (net) => {
      expect(await (await net.fetch(`http://registry.test:${port}/`)).text()).toBe('hello');
    }),
  );

  test('private ones are refused in every spelling', () => {
    const policy = createAddressPolicy([], false);
    const octet = fc.nat(255);
    const hex = (a: number, b: number) => ((a << 8) | b).toString(16);
    const spellings = fc
      .tuple(fc.constantFrom(10, 127, 0), octet, octet, octet)
      .chain(([a, b, c, d]) =>
        fc.constantFrom(
          `${a}.${b}.${c}.${d}`,
          `::ffff:${a}.${b}.${c}.${d}`,
          `0:0:0:0:0:FFFF:${hex(a, b)}:${hex(c, d)}`,
          `64:ff9b::${a}.${b}.${c}.${d}`,
        ),
      );
    fc.assert(fc.property(spellings, (address) => !policy.allowsAddress(address)));
    fc.assert(fc.property(fc.string(), (text) => isIP(text) !== 0 || !policy.allowsAddress(text)));
  });
});

describe('redirects', () => {
  test('are followed, and credentials do not go to another origin', () =>
    using(local, async (net) => {
      const next = encodeURIComponent(`http://registry.test:${port}/end`);
      const headers = { Authorization: 'Bearer x' };
      expect(await (await net.fetch(`http://registry.test:${port}/redirect/${next}`, { headers })).text()).toBe(
        'hello',
      );
      expect(seen.at(-1)).toEqual({ url: '/end', authorization: 'Bearer x', method: 'GET' });
      const other = encodeURIComponent(`http://127.0.0.1:${port}/end`);
      await using({ ...local, allowHosts: ['registry.test', '127.0.0.1'] }, (wide) =>
        wide.fetch(`http://registry.test:${port}/redirect/${other}`, { headers, method: 'POST', body: 'x' }),
      );
      expect(seen.at(-1)).toEqual({ url: '/end', authorization: undefined, method: 'GET' });
    }));

  test('to private addresses are refused', () =>
    using(local, async (net) => {
      const target = encodeURIComponent('http://169.254.169.254/latest');
      await expect(net.fetch(`http://registry.test:${port}/redirect/${target}`)).rejects.toMatchObject({
        code: 'ADDRESS_NOT_ALLOWED',
      });
    }));

  test('in a circle end', () =>
    using(local, async (net) => {
      const url = `http://registry.test:${port}/redirect/${encodeURIComponent('/redirect/')}`;
      await expect(net.fetch(url)).rejects.toThrow('Too many redirects');
    }));
});

describe('bounds', () => {
  test('an answer larger than the limit fails, announced or not', () =>
    using(local, async (net) => {
      await expect(net.fetch(`http://registry.test:${port}/big`, { maxBytes: 999 })).rejects.toThrow(
        'larger than 999 bytes',
      );
      const endless = await net.fetch(`http://registry.test:${port}/endless`, { maxBytes: 999 });
      await expect(endless.text()).rejects.toThrow('larger than 999 bytes');
      const fits = await net.fetch(`http://registry.test:${port}/big`, { maxBytes: 1000 });
      expect((await fits.arrayBuffer()).byteLength).toBe(1000);
    }));

  test('the deadline covers head and body', () =>
    using(local, async (net) => {
      await expect(net.fetch(`http://registry.test:${port}/silent`, { timeoutMs: 30 })).rejects.toThrow(
        'did not answer within 30 ms',
      );
      const endless = await net.fetch(`http://registry.test:${port}/endless`, { timeoutMs: 60 });
      await expect(endless.text()).rejects.toThrow('did not answer within 60 ms');
    }));
});
