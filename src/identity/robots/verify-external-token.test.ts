import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { CompactSign, type JWK, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../test/support/fake-clock.ts';
import { createGuardedFetch } from '../../platform/net/index.ts';
import { createIssuerKeys } from './issuer-keys.ts';
import { createExternalTokenVerifier } from './verify-external-token.ts';

const rsa = (bits = 2048) => generateKeyPairSync('rsa', { modulusLength: bits });
const KEYS = {
  rsa: rsa(),
  p256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  p384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  p521: generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  ed25519: generateKeyPairSync('ed25519'),
  other: rsa(),
  weak: rsa(1024),
};
type KeyName = keyof typeof KEYS;

function jwk(name: KeyName): JWK {
  return { ...(KEYS[name].publicKey.export({ format: 'jwk' }) as JWK), kid: name };
}

/** An issuer whose answers a test chooses; `asked` has the paths that were asked for. */
let server: Server;
let issuer: string;
let asked: string[];
let keys: readonly KeyName[];
let answers: Record<string, { status?: number; headers?: Record<string, string>; body?: string }>;

beforeEach(async () => {
  [asked, keys, answers] = [[], ['rsa', 'p256', 'p384', 'ed25519'], {}];
  server = createServer((req, res) => {
    const path = req.url ?? '';
    asked.push(path);
    const usual = path.endsWith('openid-configuration')
      ? { issuer, jwks_uri: `${issuer}/keys` }
      : { keys: keys.map(jwk) };
    const { status = 200, headers = {}, body = JSON.stringify(usual) } = answers[path] ?? {};
    res.writeHead(status, headers).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => void server.close());

const clock = createFakeClock();
const seconds = () => Math.floor(clock.now() / 1000);
const net = createGuardedFetch({ allowHosts: ['127.0.0.1'] });
const makeVerifier = (allowHttp = true, fetcher = net) =>
  createExternalTokenVerifier({ keys: createIssuerKeys({ net: fetcher, clock }, { allowHttp }), clock });

function sign(name: KeyName, alg: string, claims: object = {}, header: object = {}): Promise<string> {
  const payload = { iss: issuer, sub: 'job', aud: 'registry', iat: seconds(), exp: seconds() + 300, ...claims };
  return new SignJWT(payload).setProtectedHeader({ alg, kid: name, ...header }).sign(KEYS[name].privateKey);
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a token of an issuer', () => {
  it.each([
    ['RS256', 'rsa'],
    ['RS384', 'rsa'],
    ['RS512', 'rsa'],
    ['PS256', 'rsa'],
    ['ES256', 'p256'],
    ['ES384', 'p384'],
    ['EdDSA', 'ed25519'],
  ] as const)('is accepted with a signature by %s', async (alg, name) => {
    expect(await makeVerifier()(await sign(name, alg), issuer)).toMatchObject({ claims: { sub: 'job' } });
  });

  it('is refused with a signature that proves nothing, or not enough', async () => {
    const verify = makeVerifier();
    const claims = { iss: issuer, sub: 'job', exp: seconds() + 300 };
    const publicPem = KEYS.rsa.publicKey.export({ format: 'pem', type: 'spki' });
    const hmacPart = `${encode({ alg: 'HS256', kid: 'rsa' })}.${encode(claims)}`;
    const hmac = `${hmacPart}.${createHmac('sha256', publicPem).update(hmacPart).digest('base64url')}`;
    for (const token of [
      `${encode({ alg: 'none' })}.${encode(claims)}.`,
      `${encode({ alg: 'none' })}.${encode(claims)}.AA`,
      `${encode({ alg: 'NONE', kid: 'rsa' })}.${encode(claims)}.AA`,
      `${encode({ alg: ['RS256'], kid: 'rsa' })}.${encode(claims)}.AA`,
      `${encode({ kid: 'rsa' })}.${encode(claims)}.AA`,
      hmac,
      'no token',
      '',
      'a.b.c',
    ]) {
      expect(await verify(token, issuer), token).toEqual({ fault: expect.any(String) });
    }
    // Nobody was asked about any of these.
    expect(asked).toEqual([]);
    keys = ['weak', 'p521', 'rsa'];
    const good = await sign('rsa', 'RS256');
    for (const token of [
      await sign('p521', 'ES512'),
      await sign('other', 'RS256', {}, { kid: 'rsa' }),
      await sign('other', 'RS256', {}, { kid: 'rsa', jwk: jwk('other') }),
      await sign('other', 'RS256', {}, { kid: 'rsa', jku: `${issuer}/evil` }),
      good.replace(/[^.]{4}$/, 'AAAA'),
      `${good}x`.slice(0, -2),
      good.replace(/\.[^.]*\./, `.${encode({ ...claims, sub: 'root' })}.`),
    ]) {
      expect(await verify(token, issuer), token).toEqual({ fault: expect.any(String) });
    }
    expect(asked).not.toContain('/evil');
    expect(await verify(await weaklySigned(KEYS.weak.privateKey), issuer)).toEqual({ fault: expect.any(String) });
    expect(await verify(good, issuer)).toHaveProperty('claims');
  });

  it('is refused with parts of the header that are not understood but have to be', async () => {
    const body = new TextEncoder().encode(JSON.stringify({ iss: issuer, exp: seconds() + 300 }));
    const header = { alg: 'RS256', kid: 'rsa', crit: ['new'], new: true };
    const token = await new CompactSign(body)
      .setProtectedHeader(header)
      .sign(KEYS.rsa.privateKey, { crit: { new: true } });
    expect(await makeVerifier()(token, issuer)).toEqual({ fault: expect.stringContaining('new') });
  });

  it.each([
    ['that has expired', { exp: -31 }, 'expired'],
    ['that is not valid yet', { nbf: 31 }, '"nbf"'],
    ['issued in the future', { iat: 31 }, 'in the future'],
    ['that never expires', { exp: undefined }, '"exp"'],
    ['that expires at no time', { exp: 'never' }, '"exp"'],
  ])('is refused when it is one %s', async (_, times, text) => {
    const moved = Object.entries(times).map(([name, at]) => [name, typeof at === 'number' ? seconds() + at : at]);
    const token = await sign('rsa', 'RS256', Object.fromEntries(moved));
    expect(await makeVerifier()(token, issuer)).toEqual({ fault: expect.stringContaining(text) });
  });

  it('is accepted when clocks differ by less than half a minute', async () => {
    const times = { exp: seconds() - 28, nbf: seconds() + 28, iat: seconds() + 28 };
    expect(await makeVerifier()(await sign('rsa', 'RS256', times), issuer)).toHaveProperty('claims');
  });

  it('is refused when it is of another issuer, and when it is longer than any', async () => {
    const verify = makeVerifier();
    const token = await sign('rsa', 'RS256', { iss: `${issuer}/` });
    expect(await verify(token, issuer)).toEqual({ fault: expect.stringContaining('"iss"') });
    const long = await sign('rsa', 'RS256', { filling: 'x'.repeat(20_000) });
    expect(await verify(long, issuer)).toEqual({ fault: expect.stringContaining('not a JSON Web Token') });
  });
});

describe('the keys of an issuer', () => {
  it('are asked for once, and again when a token names a new one, but not for each that a stranger makes up', async () => {
    const verify = makeVerifier();
    for (let count = 0; count < 3; count++) await verify(await sign('rsa', 'RS256'), issuer);
    await Promise.all(Array.from({ length: 5 }, async () => verify(await sign('p256', 'ES256'), issuer)));
    expect(asked).toEqual(['/.well-known/openid-configuration', '/keys']);
    // The issuer changes its keys.
    keys = ['other'];
    const fresh = await sign('other', 'RS256');
    clock.advance(31_000);
    expect(await verify(fresh, issuer)).toHaveProperty('claims');
    expect(asked).toHaveLength(4);
    expect(await verify(await sign('rsa', 'RS256'), issuer)).toEqual({ fault: expect.stringContaining('no key') });
    for (let count = 0; count < 5; count++) {
      await verify(await sign('rsa', 'RS256', {}, { kid: `made-up-${count}` }), issuer);
    }
    expect(asked).toHaveLength(4);
  });

  it('are believed for an hour while the issuer does not answer', async () => {
    const verify = makeVerifier();
    const token = () => sign('rsa', 'RS256');
    await verify(await token(), issuer);
    answers['/.well-known/openid-configuration'] = { status: 503, body: 'down' };
    clock.advance(50 * 60_000);
    expect(await verify(await token(), issuer)).toHaveProperty('claims');
    clock.advance(20 * 60_000);
    expect(await verify(await token(), issuer)).toEqual({ fault: expect.stringContaining('status 503') });
    // And it is not asked for each attempt.
    const before = asked.length;
    await verify(await token(), issuer);
    expect(asked).toHaveLength(before);
    delete answers['/.well-known/openid-configuration'];
    clock.advance(31_000);
    expect(await verify(await token(), issuer)).toHaveProperty('claims');
  });

  it.each([
    ['calls itself otherwise', () => ({ issuer: `${issuer}/`, jwks_uri: `${issuer}/keys` }), 'calls itself'],
    ['names no keys', () => ({ issuer }), 'not what OpenID Connect says'],
    ['has its keys in a file', () => ({ issuer, jwks_uri: 'file:///etc/passwd' }), 'not what OpenID Connect says'],
    ['has its keys in a private network', () => ({ issuer, jwks_uri: 'http://10.0.0.1/keys' }), 'not a public address'],
    ['has its keys at a metadata service', () => ({ issuer, jwks_uri: 'http://169.254.169.254/' }), 'not a public'],
  ])('are not taken from one that %s', async (_, discovery, text) => {
    answers['/.well-known/openid-configuration'] = { body: JSON.stringify(discovery()) };
    expect(await makeVerifier()(await sign('rsa', 'RS256'), issuer)).toEqual({ fault: expect.stringContaining(text) });
  });

  it.each([
    ['too large', { body: `{"keys":[],"x":"${'x'.repeat(300_000)}"}` }, 'larger than 262144 bytes'],
    ['not JSON', { body: '<html>' }, 'cannot be read'],
    ['too many', { body: JSON.stringify({ keys: Array.from({ length: 101 }, () => ({ kty: 'RSA' })) }) }, 'OpenID'],
    ['behind a redirect to a private address', { status: 302, headers: { Location: 'http://10.0.0.1/' } }, 'public'],
    ['behind redirects without an end', { status: 302, headers: { Location: '/keys' } }, 'Too many redirects'],
    ['broken', { body: JSON.stringify({ keys: [{ kty: 'RSA', kid: 'rsa', n: '!', e: '' }] }) }, 'cannot be verified'],
  ])('are not taken when they are %s', async (_, answer, text) => {
    answers['/keys'] = answer;
    expect(await makeVerifier()(await sign('rsa', 'RS256'), issuer)).toEqual({ fault: expect.stringContaining(text) });
  });

  it('are not asked for without TLS, nor in private networks, unless the operator says so', async () => {
    const token = await sign('rsa', 'RS256');
    expect(await makeVerifier(false)(token, issuer)).toEqual({ fault: expect.stringContaining('ALLOW_HTTP') });
    const strict = createGuardedFetch();
    expect(await makeVerifier(true, strict)(token, issuer)).toEqual({ fault: expect.stringContaining('SSRF_ALLOWED') });
    expect(asked).toEqual([]);
  });
});

/** With a key that is too short, which libraries refuse to use. */
async function weaklySigned(key: KeyObject): Promise<string> {
  const { sign } = await import('node:crypto');
  const part = `${encode({ alg: 'RS256', kid: 'weak' })}.${encode({ iss: issuer, exp: seconds() + 300 })}`;
  return `${part}.${sign('RSA-SHA256', Buffer.from(part), key).toString('base64url')}`;
}
