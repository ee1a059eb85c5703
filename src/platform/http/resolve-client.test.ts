import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { startHttp } from '../../../test/support/http.ts';
import { createProxyTrust, parseForwarded } from './resolve-client.ts';
import type { Mount } from './index.ts';

const show: Mount = {
  prefix: '/',
  errors: 'oci',
  handler: ({ res, id, clientAddress, scheme, host }) =>
    void res.end(JSON.stringify({ id, clientAddress, scheme, host })),
};

async function seen(
  trustedProxies: string[],
  headers: Record<string, string>,
  proxyCount?: number,
): Promise<Record<string, unknown>> {
  await using server = await startHttp({ mounts: [show], config: { trustedProxies, proxyCount } });
  const answer = await fetch(server.url, { headers });
  return (await answer.json()) as Record<string, unknown>;
}

const FORWARDING = {
  'X-Forwarded-For': '203.0.113.9, 198.51.100.7, 10.1.2.3',
  'X-Forwarded-Proto': 'https',
  'X-Forwarded-Host': 'registry.test:8443',
  'X-Request-Id': 'edge-1',
};

describe('forwarding headers', () => {
  test('of strangers are ignored', async () => {
    const view = await seen([], FORWARDING);
    expect(view).toMatchObject({
      clientAddress: '127.0.0.1',
      scheme: 'http',
      host: expect.stringMatching(/^127/) as string,
    });
    expect(view['id']).not.toBe('edge-1');
    expect(await seen(['10.0.0.0/8'], FORWARDING)).toMatchObject({ clientAddress: '127.0.0.1', scheme: 'http' });
  });

  test('of trusted proxies give the nearest address that is no proxy', async () => {
    const view = await seen(['127.0.0.0/8', '10.0.0.0/8'], FORWARDING);
    expect(view).toEqual({ id: 'edge-1', clientAddress: '198.51.100.7', scheme: 'https', host: 'registry.test:8443' });
  });

  test.each([
    ['for=192.0.2.60;proto=https;host=a.test', { clientAddress: '192.0.2.60', scheme: 'https', host: 'a.test' }],
    ['For="[2001:db8:cafe::17]:4711"', { clientAddress: '2001:db8:cafe::17' }],
    ['for=192.0.2.1, for="10.0.0.1:80";proto=http', { clientAddress: '192.0.2.1' }],
    ['for=unknown', { clientAddress: '127.0.0.1' }],
    ['for="_hidden, x";host="a.test', { clientAddress: '127.0.0.1' }],
  ])('Forwarded: %s', async (forwarded, expected) => {
    expect(await seen(['127.0.0.1', '10.0.0.0/8'], { Forwarded: forwarded })).toMatchObject(expected);
  });

  test('a Forwarded header counts only when the proxy writes no other', async () => {
    const view = await seen(['127.0.0.1'], { 'X-Forwarded-For': '192.0.2.1', Forwarded: 'for=6.6.6.6;host=evil.test' });
    expect(view).toMatchObject({ clientAddress: '192.0.2.1', host: expect.stringMatching(/^127/) as string });
  });

  test('of a longer chain than PROXY_COUNT are followed so far, and with 0 not at all', async () => {
    const all = ['127.0.0.0/8', '10.0.0.0/8', '198.51.100.7'];
    expect(await seen(all, FORWARDING)).toMatchObject({ clientAddress: '203.0.113.9' });
    expect(await seen(all, FORWARDING, 2)).toMatchObject({ clientAddress: '198.51.100.7' });
    expect(await seen(all, FORWARDING, 1)).toMatchObject({ clientAddress: '10.1.2.3', scheme: 'https' });
    expect(await seen(all, FORWARDING, 0)).toMatchObject({ clientAddress: '127.0.0.1', scheme: 'http' });
  });

  test('malformed hosts and ids are not taken over', async () => {
    const view = await seen(['127.0.0.1'], { 'X-Forwarded-Host': 'a.test/evil?', 'X-Request-Id': 'a b"c' });
    expect(view['host']).toMatch(/^127/);
    expect(view['id']).not.toContain('"');
  });
});

test('a malformed range is refused with its text', () => {
  for (const bad of ['10.0.0.0/33', 'proxy', '10.0.0.0/', '::1/129', '1.2.3.4/8/8', '1.2.3.4/x']) {
    expect(() => createProxyTrust([bad])).toThrow(`"${bad}" is not an address range`);
  }
});

test('parseForwarded takes anything and finds quoted values', () => {
  fc.assert(fc.property(fc.string(), (text) => void parseForwarded(text)));
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1 }), (values) => {
      const header = values.map((value) => `for="${value.replaceAll(/["\\]/g, '\\$&')}"`).join(', ');
      fc.pre(header.length <= 4096);
      expect(parseForwarded(header).map((hop) => hop.get('for'))).toEqual(values);
    }),
  );
});
