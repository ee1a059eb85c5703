import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { digestOf, makeImage, RegistryClient, type TestImage } from '../../support/clients.ts';
import { available, hasProgram } from '../../support/components.ts';
import { type Account, startServer, type TestServer } from '../../support/server.ts';
import { skopeo } from '../clients/skopeo.ts';
import { startCluster } from '../nodes/cluster.ts';
import { hasHaproxy } from '../nodes/haproxy.ts';

/** A registry with one node or two. */
interface Registry {
  readonly nodes: readonly TestServer[];
  readonly account: Account;
  dispose(): Promise<void>;
}

const withSkopeo = available('skopeo', hasProgram('skopeo'));

describe.skipIf(!withSkopeo)('what was delegated over the API, on one node', () => {
  const start = async (): Promise<Registry> => {
    const server = await startServer();
    return { nodes: [server], account: await server.initialize(), dispose: () => server.dispose() };
  };
  delegatedAccess(start);
});

describe.skipIf(!withSkopeo || 'missing' in inject('postgres') || !hasHaproxy())(
  'what was delegated over the API, on two nodes',
  () => {
    delegatedAccess(() => startCluster());
  },
);

/** As a tool sets up a registry: a step done again does no harm, and what is taken away is gone everywhere within a second. */
function delegatedAccess(start: () => Promise<Registry>): void {
  let registry: Registry;
  let directory: string;
  let image: TestImage;
  let robot: { readonly username: string; readonly password: string };
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'gantry-delegated-'));
    registry = await start();
    image = makeImage([gzipSync('a layer')]);
  }, 60_000);
  afterAll(async () => {
    await registry.dispose();
    rmSync(directory, { recursive: true, force: true });
  });

  const [first, last] = [() => registry.nodes[0] as TestServer, () => registry.nodes.at(-1) as TestServer];
  const call = async (method: string, path: string, body?: object, node = first()) => {
    const answer = await fetch(`${node.url}/api/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${registry.account.accessToken}`, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: (text === '' ? undefined : JSON.parse(text)) as unknown };
  };
  const clients = () => registry.nodes.map(({ url }) => new RegistryClient(url, robot));
  const source = (): string => {
    const path = join(directory, 'image');
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'version'), 'Directory Transport Version: 1.1\n');
    writeFileSync(join(path, 'manifest.json'), image.manifest);
    for (const blob of image.blobs) writeFileSync(join(path, digestOf(blob).slice('sha256:'.length)), blob);
    return `dir:${path}`;
  };

  it('is set up step by step, and a step done twice harms nothing', async () => {
    const organization = { name: 'acme', email: 'acme@example.org' };
    expect(await call('POST', '/organization/', organization)).toEqual({ status: 201, body: 'Created' });
    expect((await call('POST', '/organization/', organization)).status).toBe(400);
    for (const _ of ['once', 'twice']) {
      const team = await call('PUT', '/organization/acme/team/builders', { role: 'member', description: 'CI' });
      expect(team).toMatchObject({ status: 200, body: { name: 'builders', role: 'member' } });
    }
    const made = await call('PUT', '/organization/acme/robots/ci', { description: 'pushes' });
    expect(made).toMatchObject({ status: 201, body: { name: 'acme+ci' } });
    robot = { username: 'acme+ci', password: (made.body as { token: string }).token };
    expect((await call('PUT', '/organization/acme/robots/ci', {})).status).toBe(400);
    const membership = '/organization/acme/team/builders/members/acme%2Bci';
    expect((await call('PUT', membership)).status).toBe(200);
    expect((await call('PUT', membership)).status).toBe(400);
    const repository = { namespace: 'acme', repository: 'app', visibility: 'private', description: 'The app' };
    expect(await call('POST', '/repository', repository, last())).toMatchObject({ status: 201 });
    expect((await call('POST', '/repository', repository)).status).toBe(400);
    expect(await call('GET', '/repository?namespace=acme')).toMatchObject({
      body: { repositories: [{ namespace: 'acme', name: 'app', is_public: false }] },
    });
    for (const _ of ['once', 'twice']) {
      const granted = await call('PUT', '/repository/acme/app/permissions/team/builders', { role: 'write' });
      expect(granted).toMatchObject({ status: 200, body: { role: 'write' } });
    }
  });

  it('lets the robot push and pull, by any node', { timeout: 60_000 }, async () => {
    const client = skopeo(directory, robot);
    await client.push(source(), `${first().host}/acme/app:v1`);
    const target = join(directory, 'pulled');
    await client.pull(`${last().host}/acme/app:v1`, `dir:${target}`);
    expect(readFileSync(join(target, 'manifest.json')).equals(image.manifest)).toBe(true);
    expect(await call('GET', '/repository/acme/app', undefined, last())).toMatchObject({
      body: { tags: { v1: { name: 'v1', manifest_digest: image.digest } } },
    });
    await expect(client.push(source(), `${first().host}/acme/other:v1`)).rejects.toThrow(/denied|403/i);
  });

  it(
    'is refused within a second after it was taken away, whatever was issued before',
    { timeout: 60_000 },
    async () => {
      const nodes = clients();
      // Each node has seen a token that is good for an hour.
      const scope = 'repository:acme/app:pull,push';
      const authorization = `Bearer ${await (nodes[0] as RegistryClient).token('/v2/auth', first().host, [scope])}`;
      const statuses = (method: string, path: string) =>
        Promise.all(nodes.map(async (node) => (await node.send(method, path, { authorization })).status));
      const all = (status: number) => nodes.map(() => status);
      expect(await statuses('GET', '/v2/acme/app/manifests/v1')).toEqual(all(200));

      expect((await call('DELETE', '/repository/acme/app/permissions/team/builders')).status).toBe(204);
      const refused = { timeout: 1000, interval: 20 };
      await expect.poll(() => statuses('GET', '/v2/acme/app/manifests/v1'), refused).toEqual(all(404));
      await expect.poll(() => statuses('POST', '/v2/acme/app/blobs/uploads/'), refused).toEqual(all(403));
      const client = skopeo(directory, robot);
      await expect(client.pull(`${last().host}/acme/app:v1`, `dir:${join(directory, 'none')}`)).rejects.toThrow();

      const reading = { role: 'read' };
      expect((await call('PUT', '/repository/acme/app/permissions/user/acme%2Bci', reading, last())).status).toBe(200);
      await expect.poll(() => statuses('GET', '/v2/acme/app/manifests/v1'), refused).toEqual(all(200));
      await expect.poll(() => statuses('POST', '/v2/acme/app/blobs/uploads/'), refused).toEqual(all(403));
      for (const node of nodes) node.close();
    },
  );

  it('goes with the organization, whose name is free at once', async () => {
    const nodes = clients();
    const authorization = `Bearer ${await (nodes[0] as RegistryClient).token('/v2/auth', first().host, ['repository:acme/app:pull'])}`;
    const pull = async (node: RegistryClient) =>
      (await node.send('GET', '/v2/acme/app/manifests/v1', { authorization })).status;
    expect(await Promise.all(nodes.map(pull))).toEqual(nodes.map(() => 200));
    expect((await call('DELETE', '/organization/acme')).status).toBe(204);
    await expect
      .poll(() => Promise.all(nodes.map(pull)), { timeout: 1000, interval: 20 })
      .toEqual(nodes.map(() => 401));
    expect((await call('POST', '/organization/', { name: 'acme' }, last())).status).toBe(201);
    expect(await call('GET', '/repository?namespace=acme&public=true')).toMatchObject({ body: { repositories: [] } });
    expect((await call('PUT', '/organization/acme/robots/ci', {})).status).toBe(201);
    for (const node of nodes) node.close();
    expect(registry.nodes.flatMap((node) => node.defects())).toEqual([]);
  });
}
