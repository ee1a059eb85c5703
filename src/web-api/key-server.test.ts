import { createHmac, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { expect, it } from 'vitest';
import { clockedDatabase } from '../../test/support/clocked-database.ts';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import { createFakeClock } from '../../test/support/fake-clock.ts';
import { startHttp } from '../../test/support/http.ts';
import { createTestIdentity } from '../../test/support/identity.ts';
import { type KeyService, keyService, serviceToken } from '../../test/support/key-service.ts';
import type { AuditTables } from '../audit/index.ts';
import { ANONYMOUS } from '../identity/index.ts';
import { createKeyServerHandler } from './index.ts';

const REGISTRY = 'https://registry.test';
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const SUPERUSER = {
  actor: { kind: 'user', userId: 1, name: 'root', passwordVersion: 1, scopes: undefined },
  clientAddress: '192.0.2.1',
} as const;

describeOnBothDatabases('the key server', (context) => {
  let services = 0;

  /** A registry with a clock of its own, and a service nobody has heard of. */
  const start = async (readOnly = false) => {
    const clock = createFakeClock();
    const db = clockedDatabase(context().db, clock);
    const identity = createTestIdentity(db, { clock, settings: { serviceKeyService: `registry${(services += 1)}` } });
    const handler = createKeyServerHandler({ ...identity, now: () => clock.now(), readOnly });
    const http = await startHttp({ mounts: [{ prefix: '/keys', errors: 'quay', handler }], clock });
    const name = `scanner_${services}`;
    const call = async (method: string, path: string, token?: string, body?: unknown) => {
      const answer = await fetch(`${http.url}/keys/services/${path}`, {
        method,
        headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await answer.text();
      return {
        status: answer.status,
        headers: answer.headers,
        body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>,
      };
    };
    const sign = (service: KeyService, changes = {}) => serviceToken(service, REGISTRY, clock.now(), changes);
    const put = (service: KeyService, token = sign(service), query = '') =>
      call('PUT', `${name}/keys/${service.kid}${query}`, token, service.jwk);
    const get = (kid: string) => call('GET', `${name}/keys/${kid}`);
    const keyOf = (index: number) => keyService(name, index);
    const approve = (kid: string) => identity.keyAdministration.approve(kid, 'looks right', SUPERUSER);
    /** A service whose key has been approved. */
    const approved = async (index: number) => {
      const service = keyOf(index);
      expect((await put(service)).status).toBe(202);
      await approve(service.kid);
      return service;
    };
    const removeKeys = async () => {
      for (const { kid, service } of await identity.keyAdministration.list()) {
        if (service !== identity.keys.service) await identity.keyAdministration.remove(kid, SUPERUSER);
      }
    };
    await removeKeys();
    return { clock, db, identity, http, name, call, sign, put, get, keyOf, approve, approved };
  };

  it('believes a key when a superuser has approved it, and lets it be replaced by the next', async () => {
    const { db, http, name, call, sign, put, get, keyOf, approve } = await start();
    await using _ = http;
    const [first, second, third] = [keyOf(0), keyOf(1), keyOf(2)];
    expect((await get(first.kid)).status).toBe(404);
    expect((await put(first, undefined, '?rotation=43200')).status).toBe(202);
    expect((await get(first.kid)).status).toBe(409);
    expect((await call('GET', `${name}/keys`)).body).toEqual({ keys: [] });
    // Asking again, as services do while they wait, changes nothing.
    expect((await put(first)).status).toBe(202);
    await approve(first.kid);
    expect((await put(first)).status).toBe(200);
    const { kty, n, e } = first.jwk;
    const published = { kty, n, e, kid: first.kid, use: 'sig', alg: 'RS256' };
    expect((await get(first.kid)).body).toEqual(published);
    expect((await call('GET', `${name}/keys`)).body).toEqual({ keys: [published] });
    expect((await call('GET', `another_service/keys/${first.kid}`)).status).toBe(404);

    expect((await put(second, sign(first))).status).toBe(200);
    expect((await get(second.kid)).status).toBe(200);
    // What was signed before the change is still to be checked, but the key has had its time.
    expect((await get(first.kid)).status).toBe(200);
    expect((await put(third, sign(first))).status).toBe(403);
    expect((await call('DELETE', `${name}/keys/${second.kid}`, sign(first))).status).toBe(403);

    expect((await call('DELETE', `${name}/keys/${second.kid}`, sign(second))).status).toBe(204);
    expect((await get(second.kid)).status).toBe(404);
    expect(await kindsOf(db, second.kid)).toEqual(['service_key_rotate', 'service_key_delete']);
    expect(await kindsOf(db, first.kid)).toEqual(['service_key_create', 'service_key_approve']);
  });

  it('tells its own keys, by which anybody can check a token of the registry', async () => {
    const { clock, http, identity, call } = await start();
    await using _ = http;
    const service = identity.keys.service;
    const { token } = await identity.registryTokens.issue({ actor: ANONYMOUS, access: [] });
    const [header = '', claims = '', signature = ''] = token.split('.');
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string };
    const found = await call('GET', `${service}/keys/${kid}`);
    expect(found.status).toBe(200);
    const key = createPublicKey({ key: found.body, format: 'jwk' });
    expect(verify('RSA-SHA256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url'))).toBe(
      true,
    );
    expect((await call('GET', `${service}/keys`)).body).toMatchObject({ keys: [{ kid }] });
    clock.advance(3 * HOUR);
    expect((await call('GET', `${service}/keys`)).body).toEqual({ keys: [] });
  });

  it('lets nobody add to the keys of the registry itself, or take them away', async () => {
    const { http, identity, call, sign, keyOf } = await start();
    await using _ = http;
    const own = identity.keys.service;
    const forger = { ...keyOf(0), name: own };
    expect((await call('PUT', `${own}/keys/${forger.kid}`, sign(forger), forger.jwk)).status).toBe(403);
    const { kid } = await identity.keys.signingKey();
    expect((await call('DELETE', `${own}/keys/${kid}`, sign({ ...forger, kid }))).status).toBe(403);
    const create = identity.keyAdministration.create(
      { service: own, name: '', metadata: {}, notes: '', expiresAt: undefined },
      SUPERUSER,
    );
    await expect(create).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    // A key of another service signs no registry token either, approved or not.
    expect(await identity.keys.verifyingKey(forger.kid)).toBeUndefined();
  });

  it('answers who verifies when to ask again', async () => {
    const { clock, http, name, call, put, get, keyOf, approve } = await start();
    await using _ = http;
    const [lasting, short] = [keyOf(0), keyOf(1)];
    await put(lasting);
    await put(short, undefined, `?expiration=${clock.now() / 1000 + 90}`);
    expect((await get(short.kid)).headers.get('cache-control')).toBeNull();
    await approve(lasting.kid);
    await approve(short.kid);
    expect((await get(lasting.kid)).headers.get('cache-control')).toBe('public, max-age=3600');
    expect((await get(short.kid)).headers.get('cache-control')).toBe('public, max-age=90');
    expect((await call('GET', `${name}/keys`)).headers.get('cache-control')).toBe('public, max-age=60');
    clock.advance(90_000);
    expect((await get(short.kid)).status).toBe(403);
    expect((await call('GET', `${name}/keys`)).body).toMatchObject({ keys: [{ kid: lasting.kid }] });
    expect((await put(short)).status).toBe(403);
  });

  it('forgets keys that nobody approved within a day, and those that ended a week ago', async () => {
    const { clock, http, identity, put, get, keyOf, approve } = await start();
    await using _ = http;
    const [ignored, ended, kept] = [keyOf(0), keyOf(1), keyOf(2)];
    await put(ignored);
    await put(ended, undefined, `?expiration=${clock.now() / 1000 + 60}`);
    await put(kept);
    await approve(ended.kid);
    await approve(kept.kid);
    const clean = () => Promise.all(identity.keyServer.jobs.map(({ run }) => run(null, new AbortController().signal)));
    const statuses = () => Promise.all([ignored, ended, kept].map(async ({ kid }) => (await get(kid)).status));
    clock.advance(DAY - 1000);
    await clean();
    expect(await statuses()).toEqual([409, 403, 200]);
    clock.advance(2000);
    await clean();
    expect(await statuses()).toEqual([404, 403, 200]);
    clock.advance(6 * DAY + 60_000);
    await clean();
    expect(await statuses()).toEqual([404, 404, 200]);
  });

  it('believes no token that is not just right', async () => {
    const { clock, http, name, call, sign, put, keyOf, approved } = await start();
    await using _ = http;
    const known = await approved(0);
    const next = keyOf(1);
    const pem = createPublicKey({ key: known.jwk, format: 'jwk' }).export({ format: 'pem', type: 'spki' });
    const hmac = (key: string | Buffer) => (text: string) => createHmac('sha256', key).update(text).digest('base64url');
    const seconds = Math.floor(clock.now() / 1000);
    const other = keyService('another_service', 2);
    const forged: Readonly<Record<string, string>> = {
      'no algorithm': sign(known, { header: { alg: 'none' }, signature: () => 'AA' }),
      'the public key as a secret': sign(known, { header: { alg: 'HS256' }, signature: hmac(pem) }),
      'the modulus as a secret': sign(known, { header: { alg: 'HS256' }, signature: hmac(String(known.jwk.n)) }),
      'another algorithm': sign(known, { header: { alg: 'RS512' } }),
      'a critical extension': sign(known, { header: { crit: ['b64'], b64: false } }),
      'another signature': sign(known, { signature: () => Buffer.alloc(256, 1).toString('base64url') }),
      'signed by the new key': sign({ ...next, kid: known.kid }),
      'the key of another service': sign({ ...other, kid: other.kid }),
      'another issuer': sign(known, { claims: { iss: 'another_service' } }),
      'another registry': sign(known, { claims: { aud: 'https://elsewhere.test' } }),
      'the audience of a registry token': sign(known, { claims: { aud: 'registry.test' } }),
      'no audience': sign(known, { claims: { aud: undefined } }),
      'no end': sign(known, { claims: { exp: undefined } }),
      'a passed end': sign(known, { claims: { exp: seconds - 61 } }),
      'an end far away': sign(known, { claims: { exp: seconds + 4000 } }),
      'a time to come': sign(known, { claims: { nbf: seconds + 61 } }),
    };
    for (const [what, token] of Object.entries(forged)) {
      expect((await put(next, token)).status, what).toBe(403);
      expect((await call('DELETE', `${name}/keys/${known.kid}`, token)).status, what).toBe(403);
    }
    for (const malformed of [
      '',
      'a.b.c',
      `${sign(known)}.x`,
      sign(known, { header: { kid: 7 } }),
      'x'.repeat(20_000),
    ]) {
      expect([400, 431]).toContain((await put(next, malformed)).status);
    }
    expect((await call('GET', `${name}/keys`)).body).toMatchObject({ keys: [{ kid: known.kid }] });
    // The same but right.
    expect((await put(next, sign(known, { claims: { aud: ['https://elsewhere.test', REGISTRY] } }))).status).toBe(200);
  });

  it('takes a token once, so that who overhears one cannot use it for a key of his own', async () => {
    const { http, name, call, sign, put, keyOf, approve, approved } = await start();
    await using _ = http;
    const [first, second, thief] = [await approved(0), keyOf(1), keyOf(2)];
    const token = sign(first);
    expect((await put(second, token)).status).toBe(200);
    const [head, claims, signature = ''] = token.split('.');
    // The last letter of a signature holds bits that nobody reads, so the text can be another one.
    const spelled = `${head}.${claims}.${signature.slice(0, -1)}${nextLetter(signature.at(-1) ?? 'A')}`;
    for (const replayed of [token, spelled]) {
      expect((await put(thief, replayed)).status).toBe(403);
      expect((await call('DELETE', `${name}/keys/${first.kid}`, replayed)).status).toBe(403);
    }
    // Neither what has deleted a key, nor what has told of one that is known already, lets a stranger follow.
    const spare = await approved(3);
    const deletes = sign(second);
    expect((await call('DELETE', `${name}/keys/${spare.kid}`, deletes)).status).toBe(204);
    const tells = sign(second);
    expect((await put(second, tells)).status).toBe(200);
    for (const overheard of [deletes, tells]) expect((await put(thief, overheard)).status).toBe(403);
    expect((await put(second, tells)).status).toBe(200);
    // What was sent while the key waited is of no more use when it has been approved.
    const waiting = keyOf(3);
    const early = sign(waiting);
    expect((await put(waiting, early)).status).toBe(202);
    await approve(waiting.kid);
    expect((await put(thief, early)).status).toBe(403);
    expect((await call('DELETE', `${name}/keys/${waiting.kid}`, early)).status).toBe(403);
    expect((await call('DELETE', `${name}/keys/${waiting.kid}`, sign(waiting))).status).toBe(204);
    // What proves one key proves no other one.
    const selfSigned = sign(second);
    expect((await call('PUT', `${name}/keys/${thief.kid}`, selfSigned, second.jwk)).status).toBe(400);
    expect((await call('PUT', `${name}/keys/${second.kid}`, selfSigned, thief.jwk)).status).toBe(400);
    const unnamed = sign(second, { header: { kid: undefined } });
    expect((await call('PUT', `${name}/keys/${thief.kid}`, unnamed, thief.jwk)).status).toBe(403);
    expect((await call('GET', `${name}/keys`)).body).toMatchObject({ keys: [{ kid: second.kid }, { kid: first.kid }] });
  });

  it('lets no key that nobody has approved, or whose time is over, speak for another one', async () => {
    const { clock, http, name, call, sign, put, keyOf, approve, approved } = await start();
    await using _ = http;
    const [trusted, stranger, next] = [await approved(0), keyOf(1), keyOf(2)];
    expect((await put(stranger, undefined, `?expiration=${clock.now() / 1000 + 60}`)).status).toBe(202);
    const refused = async () => {
      expect((await put(next, sign(stranger))).status).toBe(403);
      expect((await call('DELETE', `${name}/keys/${trusted.kid}`, sign(stranger))).status).toBe(403);
    };
    await refused();
    await approve(stranger.kid);
    clock.advance(60_000);
    await refused();
    expect((await call('GET', `${name}/keys`)).body).toMatchObject({ keys: [{ kid: trusted.kid }] });
  });

  it('lets one of two replacements of a key win', async () => {
    const { http, name, call, sign, put, keyOf, approved } = await start();
    await using _ = http;
    const first = await approved(0);
    const both = await Promise.all([put(keyOf(1), sign(first)), put(keyOf(2), sign(first))]);
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 403]);
    const { keys } = (await call('GET', `${name}/keys`)).body as { keys: unknown[] };
    expect(keys).toHaveLength(2);
  });

  it('keeps no more than two keys of a service that replaces its key again and again', async () => {
    const { http, name, call, sign, put, keyOf, approved } = await start();
    await using _ = http;
    let current = await approved(0);
    for (const index of [1, 2, 3, 0]) {
      const next = keyOf(index);
      expect((await put(next, sign(current))).status).toBe(200);
      current = next;
      const { keys } = (await call('GET', `${name}/keys`)).body as { keys: unknown[] };
      expect(keys).toHaveLength(2);
    }
  });

  it('refuses keys that are too weak, too long, of another kind, private or under a wrong name', async () => {
    const { http, name, call, sign, keyOf } = await start();
    await using _ = http;
    const good = keyOf(0);
    const { privateKey } = good;
    const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
    const weak = keyService(name, 0, 1024);
    const wrong: Readonly<Record<string, [string, unknown]>> = {
      weak: [weak.kid, weak.jwk],
      elliptic: [good.kid, curve],
      symmetric: [good.kid, { kty: 'oct', k: 'AAAA' }],
      private: [good.kid, privateKey.export({ format: 'jwk' })],
      'too long': [good.kid, { ...good.jwk, n: 'B'.repeat(1400) }],
      'a short exponent': [good.kid, { ...good.jwk, e: 'Aw' }],
      'a costly exponent': [good.kid, { ...good.jwk, e: 'B'.repeat(300) }],
      'no key at all': [good.kid, []],
      'no JSON': [good.kid, '{'],
      huge: [good.kid, { ...good.jwk, x: 'x'.repeat(20_000) }],
      'under a name of its choice': ['my-key', good.jwk],
      'under the name of another': [keyOf(1).kid, good.jwk],
    };
    for (const [what, [kid, jwk]] of Object.entries(wrong)) {
      const signer = jwk === weak.jwk ? weak : { ...good, kid };
      expect((await call('PUT', `${name}/keys/${kid}`, sign(signer), jwk)).status, what).toBe(400);
    }
    expect((await call('PUT', `bad%20name/keys/${good.kid}`, sign(good), good.jwk)).status).toBe(400);
    expect((await call('PUT', `${name}/keys/${good.kid}?expiration=1`, sign(good), good.jwk)).status).toBe(400);
    expect((await call('PUT', `${name}/keys/${good.kid}?rotation=soon`, sign(good), good.jwk)).status).toBe(400);
    expect((await call('POST', `${name}/keys`)).status).toBe(405);
    expect((await call('GET', 'only/this')).status).toBe(404);
    // The name in the other spelling.
    const spelled = { ...good, kid: Buffer.from(good.kid, 'hex').toString('base64url') };
    expect((await call('PUT', `${name}/keys/${spelled.kid}`, sign(spelled), good.jwk)).status).toBe(202);
  });

  it('changes nothing in read-only mode', async () => {
    const { http, name, call, sign, keyOf } = await start(true);
    await using _ = http;
    const service = keyOf(0);
    expect((await call('PUT', `${name}/keys/${service.kid}`, sign(service), service.jwk)).status).toBe(405);
    expect((await call('GET', `${name}/keys`)).status).toBe(200);
  });
});

async function kindsOf(db: ReturnType<typeof clockedDatabase>, kid: string): Promise<readonly string[]> {
  const rows = await db
    .read<AuditTables>()
    .selectFrom('audit_log')
    .select(['kind', 'metadata'])
    .orderBy('id')
    .execute();
  return rows.filter(({ metadata }) => (JSON.parse(metadata) as { kid?: string }).kid === kid).map(({ kind }) => kind);
}

/** A letter of base64url that differs in the bits which 256 bytes leave over. */
function nextLetter(letter: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return letters[letters.indexOf(letter) ^ 1] ?? 'A';
}
