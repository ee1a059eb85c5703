import { execFileSync, spawnSync } from 'node:child_process';
import { createPublicKey, hash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Account, startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let superuser: Account;
let home: string;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'gantry-keys-'));
  server = await startServer({
    config: {
      FEATURE_PROGRAMMATIC_BOOTSTRAP: true,
      BOOTSTRAP_TOKEN_OWNER: 'owner',
      BOOTSTRAP_TOKEN_PATH: join(home, 'token.json'),
    },
  });
  superuser = await server.initialize('owner');
}, 60_000);
afterAll(async () => {
  await server.dispose();
  rmSync(home, { recursive: true });
});

interface Service {
  readonly kid: string;
  readonly jwk: Record<string, unknown>;
  /** The token of the service for the registry, signed by OpenSSL. */
  token(): string;
}

/** A service that knows nothing of Gantry but the protocol: its keys and signatures are those of OpenSSL. */
function makeService(name: string): Service {
  const file = join(home, `${name}-${Math.random()}.pem`);
  execFileSync('openssl', ['genrsa', '-out', file, '2048'], { stdio: 'ignore' });
  const pem = execFileSync('openssl', ['rsa', '-in', file, '-pubout'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const jwk = createPublicKey(pem).export({ format: 'jwk' });
  const kid = hash('sha256', JSON.stringify({ e: jwk.e, kty: jwk.kty, n: jwk.n }), 'base64url');
  const token = () => {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: name, aud: server.url, iat: now, nbf: now, exp: now + 300, jti: `${Math.random()}` };
    const signed = [{ alg: 'RS256', typ: 'JWT', kid }, claims].map(encoded).join('.');
    const signature = execFileSync('openssl', ['dgst', '-sha256', '-sign', file], { input: signed });
    return `${signed}.${signature.toString('base64url')}`;
  };
  return { kid, jwk: { ...jwk }, token };
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

async function send(method: string, path: string, token?: string, body?: unknown) {
  const answer = await fetch(server.url + path, {
    method,
    headers: {
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
}

test('a service registers its key, a superuser approves it, it is replaced, and others fetch it', async () => {
  const keys = '/keys/services/security_scanner/keys';
  const [first, second] = [makeService('security_scanner'), makeService('security_scanner')];
  const put = (service: Service, token: string) => send('PUT', `${keys}/${service.kid}`, token, service.jwk);
  expect((await put(first, first.token())).status).toBe(202);
  expect((await send('GET', `${keys}/${first.kid}`)).status).toBe(409);
  const approved = await send('POST', `/api/v1/superuser/approvedkeys/${first.kid}`, superuser.accessToken, {});
  expect(approved.status).toBe(201);
  const listed = await send('GET', '/api/v1/superuser/keys', superuser.accessToken);
  expect(listed.body).toMatchObject({
    keys: expect.arrayContaining([expect.objectContaining({ kid: first.kid, service: 'security_scanner' })]),
  });
  expect((await put(second, second.token())).status).toBe(202);
  expect((await put(second, first.token())).status).toBe(200);
  const fetched = await send('GET', `${keys}/${second.kid}`);
  expect(fetched.body).toMatchObject(second.jwk);
  expect((await put(makeService('security_scanner'), first.token())).status).toBe(403);
  expect((await send('DELETE', `${keys}/${second.kid}`, second.token())).status).toBe(204);
  expect((await send('GET', `${keys}/${second.kid}`)).status).toBe(404);
}, 60_000);

test('whoever has the registry’s keys checks its tokens with OpenSSL', async () => {
  const { body } = await send('GET', '/v2/auth?service=any&scope=repository:library/app:pull');
  const [header = '', claims = '', signature = ''] = String(body['token']).split('.');
  const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string };
  const { body: jwk } = await send('GET', `/keys/services/quay/keys/${kid}`);
  writeFileSync(
    join(home, 'quay.pem'),
    createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'pem', type: 'spki' }),
  );
  writeFileSync(join(home, 'signature'), Buffer.from(signature, 'base64url'));
  const args = ['dgst', '-sha256', '-verify', join(home, 'quay.pem'), '-signature', join(home, 'signature')];
  expect(spawnSync('openssl', args, { input: `${header}.${claims}` }).stdout.toString()).toContain('Verified OK');
});

test('a program on this machine finds a token in a file, works with it and renews it', async () => {
  const read = () =>
    (JSON.parse(readFileSync(join(home, 'token.json'), 'utf8')) as { access_token: string }).access_token;
  const found = await firstToken(read);
  expect((await send('GET', '/api/v1/user/', found)).body).toMatchObject({ username: 'owner', super_user: true });
  expect(await send('POST', '/api/v1/bootstrap/renew', found)).toEqual({ status: 200, body: { status: 'rotated' } });
  const next = read();
  expect((await send('GET', '/api/v1/user/', found)).status).toBe(401);
  expect((await send('GET', '/api/v1/user/', next)).status).toBe(200);
  expect((await send('POST', '/api/v1/bootstrap/renew', found)).status).toBe(401);
  expect((await send('POST', '/api/v1/bootstrap/renew', superuser.accessToken)).status).toBe(403);
  expect((await send('POST', '/api/v1/bootstrap/renew')).status).toBe(401);
}, 60_000);

/** The owner was made after the start, so the file comes some seconds later; bounded by the time limit of the test. */
async function firstToken(read: () => string): Promise<string> {
  for (;;) {
    try {
      return read();
    } catch {
      await fetch(`${server.url}/health/instance`);
    }
  }
}
