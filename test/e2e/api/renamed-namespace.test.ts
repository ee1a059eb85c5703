import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Browser } from '../../support/browser.ts';
import { type Credentials, digestOf, makeImage } from '../../support/clients.ts';
import { available, hasProgram } from '../../support/components.ts';
import { type Account, startServer, type TestServer } from '../../support/server.ts';
import { skopeo } from '../clients/skopeo.ts';

/** A user or an organization that was renamed, as a client knows it from before. */
interface Renamed {
  readonly before: string;
  readonly after: string;
  /** How the client signs in: by the name of before, and by the new one. */
  readonly credentials: Readonly<Record<'before' | 'after', Credentials>>;
  readonly remove: () => Promise<number>;
}

const UNAUTHORIZED = /unauthorized|invalid username/i;

describe.skipIf(!available('skopeo', hasProgram('skopeo')))('a client that knows a former name', () => {
  const image = makeImage([gzipSync('a layer')]);
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'gantry-renamed-'));
    const path = join(directory, 'image');
    mkdirSync(path);
    writeFileSync(join(path, 'version'), 'Directory Transport Version: 1.1\n');
    writeFileSync(join(path, 'manifest.json'), image.manifest);
    for (const blob of image.blobs) writeFileSync(join(path, digestOf(blob).slice('sha256:'.length)), blob);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const push = (credentials: Credentials, target: string) =>
    skopeo(directory, credentials).push(`dir:${join(directory, 'image')}`, target);
  let pulls = 0;
  const pull = async (credentials: Credentials, source: string): Promise<Buffer> => {
    const target = join(directory, `pulled${(pulls += 1)}`);
    await skopeo(directory, credentials).pull(source, `dir:${target}`);
    return readFileSync(join(target, 'manifest.json'));
  };
  const call = async ({ url }: TestServer, { accessToken }: Account, method: string, path: string, body?: object) => {
    const answer = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${accessToken}`, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, string> };
  };
  const made = async (answer: Promise<{ readonly status: number; readonly body: Record<string, string> }>) => {
    const { status, body } = await answer;
    expect(status, JSON.stringify(body)).toBeLessThan(300);
    return body;
  };

  /** `acme`, whose robot has pushed, becomes `apex`. */
  const renameOrganization = async (server: TestServer, account: Account): Promise<Renamed> => {
    const api = (method: string, path: string, body?: object) => made(call(server, account, method, path, body));
    await api('POST', '/organization/', { name: 'acme' });
    const { token: password = '' } = await api('PUT', '/organization/acme/robots/ci', {});
    await api('POST', '/repository', {
      namespace: 'acme',
      repository: 'app',
      visibility: 'private',
      description: 'The app',
    });
    await api('PUT', '/repository/acme/app/permissions/user/acme%2Bci', { role: 'write' });
    const credentials = {
      before: { username: 'acme+ci', password },
      after: { username: 'apex+ci', password },
    };
    await push(credentials.before, `${server.host}/acme/app:v1`);
    await api('PUT', '/superuser/organizations/acme', { name: 'apex' });
    const remove = async () => (await call(server, account, 'DELETE', '/organization/apex')).status;
    return { before: 'acme', after: 'apex', credentials, remove };
  };

  /** `ada`, who has pushed, becomes `countess`. */
  const renameUser = async (server: TestServer, account: Account): Promise<Renamed> => {
    const { password = '' } = await made(call(server, account, 'POST', '/superuser/users/', { username: 'ada' }));
    const credentials = { before: { username: 'ada', password }, after: { username: 'countess', password } };
    await push(credentials.before, `${server.host}/ada/app:v1`);
    const browser = new Browser(server.url);
    await browser.open();
    expect((await browser.signIn(password, 'ada')).status).toBe(200);
    expect((await browser.call('PUT', '/api/v1/user/', { username: 'countess' })).status).toBe(200);
    const remove = async () => (await browser.call('DELETE', '/api/v1/user/')).status;
    return { before: 'ada', after: 'countess', credentials, remove };
  };

  const kinds = [
    ['an organization', renameOrganization],
    ['a user', renameUser],
  ] as const;

  describe('within RENAMED_NAMESPACE_LIFETIME', () => {
    let server: TestServer;
    let account: Account;
    beforeAll(async () => {
      server = await startServer({ config: { FEATURE_USER_RENAME: true } });
      account = await server.initialize();
    }, 60_000);
    afterAll(() => server.dispose());

    it.each(kinds)('pulls from and pushes to %s until it is deleted', { timeout: 60_000 }, async (_, rename) => {
      const { before, after, credentials, remove } = await rename(server, account);
      expect(await pull(credentials.before, `${server.host}/${before}/app:v1`)).toEqual(image.manifest);
      await push(credentials.before, `${server.host}/${before}/app:v2`);
      // One repository under two names, with credentials of either.
      expect(await pull(credentials.after, `${server.host}/${after}/app:v2`)).toEqual(image.manifest);
      expect(await pull(credentials.after, `${server.host}/${before}/app:v2`)).toEqual(image.manifest);
      expect(await pull(credentials.before, `${server.host}/${after}/app:v1`)).toEqual(image.manifest);

      expect(await remove()).toBe(204);
      for (const name of [before, after]) {
        await expect(pull(account, `${server.host}/${name}/app:v1`)).rejects.toThrow(/unknown|denied/i);
      }
      // Once: who goes on trying is slowed down.
      await expect(pull(credentials.before, `${server.host}/${before}/app:v1`)).rejects.toThrow(UNAUTHORIZED);
    });
  });

  it.each(kinds)(
    'reaches %s no more when its time is over and another has the name',
    { timeout: 60_000 },
    async (_, rename) => {
      const server = await startServer({ config: { FEATURE_USER_RENAME: true, RENAMED_NAMESPACE_LIFETIME: '1s' } });
      try {
        const account = await server.initialize();
        const { before, after, credentials } = await rename(server, account);
        const take = async () => (await call(server, account, 'POST', '/organization/', { name: before })).status;
        await expect.poll(take, { timeout: 10_000, interval: 100 }).toBe(201);
        await expect(pull(credentials.after, `${server.host}/${before}/app:v1`)).rejects.toThrow(/unknown|denied/i);
        await expect(push(credentials.after, `${server.host}/${before}/app:v1`)).rejects.toThrow(/denied/i);
        expect(await pull(credentials.after, `${server.host}/${after}/app:v1`)).toEqual(image.manifest);
        await expect(pull(credentials.before, `${server.host}/${before}/app:v1`)).rejects.toThrow(UNAUTHORIZED);
      } finally {
        await server.dispose();
      }
    },
  );
});
