import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeImage, RegistryClient } from '../../support/clients.ts';
import { available, hasProgram } from '../../support/components.ts';
import { type OidcIssuer, startOidcIssuer } from '../../support/oidc-issuer.ts';
import { type Account, prepareServer, type TestServer } from '../../support/server.ts';

const run = promisify(execFile);
const SUBJECT = 'repo:acme/app:ref:refs/heads/main';
const AUDIENCE = 'https://registry.example.org';

describe.skipIf(!available('skopeo', hasProgram('skopeo')))('a program of a build service, without a secret', () => {
  let issuer: OidcIssuer;
  let server: TestServer;
  let owner: Account;
  const home = mkdtempSync(join(tmpdir(), 'gantry-keyless-'));
  const policy = join(home, 'policy.json');

  const api = async (method: string, path: string, body?: unknown) => {
    const answer = await fetch(`${server.url}/api/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${owner.accessToken}`, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
  };
  const exchange = async (robot: string, token: string) => {
    const answer = await fetch(`${server.url}/oauth2/federation/robot/token`, {
      headers: { Authorization: `Basic ${Buffer.from(`${robot}:${token}`).toString('base64')}` },
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, string> };
  };
  const copy = (password: string, tag: string) => {
    const login = `owner+ci:${password}`;
    const [from, to] = [`docker://${server.host}/owner/app:1`, `docker://${server.host}/owner/app:${tag}`];
    const trust = ['--src-tls-verify=false', '--dest-tls-verify=false', '--src-creds', login, '--dest-creds', login];
    return run('skopeo', ['--policy', policy, 'copy', '--quiet', ...trust, from, to]);
  };

  beforeAll(async () => {
    issuer = await startOidcIssuer(SUBJECT, AUDIENCE, { ref: 'refs/heads/main', repository_owner: 'acme' });
    server = await prepareServer({ config: { SSRF_ALLOWED_HOSTS: ['127.0.0.1'] } });
    mkdirSync(join(server.configDirectory, 'extra_ca_certs'));
    writeFileSync(join(server.configDirectory, 'extra_ca_certs/issuer.crt'), issuer.authority);
    writeFileSync(policy, '{"default":[{"type":"insecureAcceptAnything"}]}');
    await server.start();
    owner = await server.initialize();
    const client = new RegistryClient(server.url, owner);
    await client.pushImage('owner/app', '1', makeImage());
    client.close();
    await api('PUT', '/user/robots/ci');
    await api('PUT', '/repository/owner/app/permissions/user/owner%2Bci', { role: 'write' });
    const identity = {
      issuer: issuer.issuer,
      subject: SUBJECT,
      audience: AUDIENCE,
      claims: { ref: 'refs/heads/*', repository_owner: 'acme' },
    };
    expect(await api('POST', '/user/robots/ci/federation', [identity])).toMatchObject({ status: 200 });
  }, 60_000);
  afterAll(async () => {
    await server.dispose();
    await issuer[Symbol.asyncDispose]();
    rmSync(home, { recursive: true });
  });

  it('exchanges the token of its job and pushes with what it got', { timeout: 60_000 }, async () => {
    const exchanged = await exchange('owner+ci', await issuer.token());
    expect(exchanged).toMatchObject({ status: 200, body: { expires_in: 3600 } });
    await copy(exchanged.body['token'] ?? '', '2');
    const client = new RegistryClient(server.url, owner);
    expect(await client.tags('owner/app')).toContain('2');
    client.close();
    // Its use is noted beside the requests, and not lost when the server is told to stop.
    await server.stop();
    await server.start();
    expect((await api('GET', '/user/robots/ci')).body['last_accessed']).toEqual(expect.any(String));
    expect(server.defects()).toEqual([]);
  });

  it('gets nothing for another robot, another issuer’s token, or a changed one', async () => {
    const token = await issuer.token();
    const [head = '', , signature = ''] = token.split('.');
    const claims = Buffer.from(JSON.stringify({ iss: issuer.issuer, sub: SUBJECT, aud: AUDIENCE, exp: 9_999_999_999 }));
    const forged = `${head}.${claims.toString('base64url')}.${signature}`;
    const refusals = [
      await exchange('owner+other', token),
      await exchange('owner+ci', forged),
      await exchange('owner+ci', 'no token'),
      await exchange('owner', token),
    ];
    expect(new Set(refusals.map((refusal) => JSON.stringify(refusal))).size).toBe(1);
    expect(refusals[0]).toMatchObject({ status: 401, body: { error: expect.stringContaining('not accepted') } });
  });

  it(
    'cannot go on when the identity is taken away, with what it had got before either',
    { timeout: 60_000 },
    async () => {
      const { body } = await exchange('owner+ci', await issuer.token());
      const password = body['token'] ?? '';
      await copy(password, '3');
      expect((await api('DELETE', '/user/robots/ci/federation')).status).toBe(204);
      await expect(copy(password, '4')).rejects.toThrow(/unauthorized|invalid username\/password/i);
      expect((await exchange('owner+ci', await issuer.token())).status).toBe(401);
    },
  );
});
