import { afterEach, describe, expect, it } from 'vitest';
import { get } from '../../support/get.ts';
import { type Account, startServer, type TestServer } from '../../support/server.ts';

// One request every ten seconds, so that what is allowed does not depend on how fast the machine is.
const STRICT = {
  FEATURE_RATE_LIMITS: true,
  RATE_LIMIT_LIGHT: 0.1,
  RATE_LIMIT_HEAVY: 0.1,
  RATE_LIMIT_BURST_SECONDS: 20,
};

let server: TestServer | undefined;
afterEach(() => server?.dispose());

async function start(config: Readonly<Record<string, unknown>>): Promise<{ url: string; owner: Account }> {
  server = await startServer({ config: { TRUSTED_PROXY_CIDR: ['127.0.0.1'], ...config } });
  return { url: server.url, owner: await server.initialize() };
}

const basic = ({ username, password }: Account) => `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

describe('request limits', () => {
  it('are off unless they are asked for', async () => {
    const { url } = await start({});
    const answers = await Promise.all(Array.from({ length: 300 }, () => get(`${url}/v2/acme/app/tags/list`)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
  });

  it('answer in the shape of each API, by the address behind the proxy', async () => {
    const { url } = await start(STRICT);
    const from = (address: string) => ({ 'x-forwarded-for': address });
    for (let index = 0; index < 2; index++) {
      expect((await get(`${url}/v2/acme/app/manifests/1`, from('192.0.2.1'))).status).toBe(401);
    }
    const oci = await get(`${url}/v2/acme/app/manifests/1`, from('192.0.2.1'));
    expect(oci.status).toBe(429);
    expect(oci.headers).toMatchObject({
      'retry-after': expect.stringMatching(/^\d+$/),
      'docker-distribution-api-version': 'registry/2.0',
    });
    expect(JSON.parse(oci.body)).toMatchObject({ errors: [{ code: 'TOOMANYREQUESTS' }] });
    const quay = await get(`${url}/api/v1/user/`, from('192.0.2.1'));
    expect(quay.status).toBe(429);
    expect(JSON.parse(quay.body)).toMatchObject({ status: 429, error_message: expect.stringContaining('try again') });
    expect((await get(`${url}/v2/acme/app/manifests/1`, from('192.0.2.2'))).status).toBe(401);
  });

  it('let signed-in users behind one address each have their own, and health and metrics pass', async () => {
    const { url, owner } = await start(STRICT);
    const send = (headers: Record<string, string>) => get(`${url}/v2/owner/app/manifests/1`, headers);
    const signedIn = { 'x-forwarded-for': '192.0.2.1', authorization: basic(owner) };
    const own = [await send(signedIn), await send(signedIn), await send(signedIn), await send(signedIn)];
    expect(own.map(({ status }) => status)).toEqual([404, 404, 404, 429]);
    expect((await send({ 'x-forwarded-for': '192.0.2.1' })).status).toBe(401);
    expect((await send({ 'x-forwarded-for': '192.0.2.1' })).status).toBe(429);
    for (let index = 0; index < 20; index++) {
      expect((await get(`${url}/health/instance`, { 'x-forwarded-for': '192.0.2.1' })).status).toBe(200);
    }
  });

  it('do not apply to exempt namespaces', async () => {
    const { url } = await start({ ...STRICT, NON_RATE_LIMITED_NAMESPACES: ['acme'] });
    for (let index = 0; index < 20; index++) {
      expect((await get(`${url}/v2/acme/app/tags/list`)).status).toBe(401);
    }
  });
});

describe('limits of sign-ins', () => {
  it('slow guesses down with Retry-After and let the owner in from elsewhere', async () => {
    const { url, owner } = await start({});
    const signIn = (address: string, password: string) =>
      get(`${url}/v2/auth?service=test`, {
        'x-forwarded-for': address,
        authorization: basic({ ...owner, password }),
      });
    const guesses: number[] = [];
    for (let index = 0; index < 4; index++) guesses.push((await signIn('192.0.2.66', `guess ${index}`)).status);
    expect(guesses).toEqual([401, 401, 401, 429]);
    const early = await signIn('192.0.2.66', owner.password);
    expect(early.status).toBe(429);
    expect(Number(early.headers['retry-after'])).toBeGreaterThan(0);
    expect(JSON.parse(early.body)).toMatchObject({ errors: [{ code: 'TOOMANYREQUESTS' }] });
    expect((await signIn('192.0.2.1', owner.password)).status).toBe(200);
  });
});
