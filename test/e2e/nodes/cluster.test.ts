import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { NOT_SENT, runConformance } from '../../conformance/run-conformance.ts';
import { digestOf, expectStatus, makeImage, RegistryClient, withDigest } from '../../support/clients.ts';
import { corpus, CORPUS_TIMEOUT_MS, hasCorpus } from '../../support/corpus.ts';
import { randomFrom } from '../../support/random.ts';
import type { TestServer } from '../../support/server.ts';
import { pushLayout } from '../clients/push-layout.ts';
import { crashRounds } from '../durability/crash-rounds.ts';
import { type Cluster, startCluster, untilAllServe } from './cluster.ts';
import { hasHaproxy } from './haproxy.ts';
import { startLoad } from './load.ts';

const CRASHES = 3;
/** Larger layouts have nothing in them that smaller ones have not; the long suite takes all. */
const LAYOUT_MAX = 10_000_000;

describe.skipIf('missing' in inject('postgres') || !hasHaproxy())('two nodes on PostgreSQL behind HAProxy', () => {
  let cluster: Cluster;
  let directory: string;
  let clients: readonly RegistryClient[];
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'gantry-nodes-'));
    cluster = await startCluster({ config: { DRAIN_NOTICE: '2s' } });
    clients = cluster.nodes.map(({ url }) => new RegistryClient(url, cluster.account));
  }, 60_000);
  afterAll(async () => {
    for (const client of clients) client.close();
    await cluster.dispose();
    rmSync(directory, { recursive: true, force: true });
  });

  const node = (index: number): TestServer => cluster.nodes[index] ?? missing();
  const client = (index: number): RegistryClient => clients[index] ?? missing();

  test('pass the conformance suite, with each request at a node by chance', { timeout: 120_000 }, async () => {
    const { username, password } = cluster.account;
    const { checks, notPassed } = await runConformance({
      url: cluster.url,
      namespace: username,
      username,
      password,
      version: 'dev',
      resultsFile: join(directory, 'results.json'),
    });
    expect(notPassed).toEqual(NOT_SENT);
    expect(checks).toBeGreaterThan(130);
  });

  test.skipIf(!hasCorpus())('the corpus goes in and out bit-exact', { timeout: CORPUS_TIMEOUT_MS }, async () => {
    const { directory: root, entries } = await corpus();
    const through = new RegistryClient(cluster.url, cluster.account);
    const queue = entries.filter(({ kind, name }) => kind === 'oci' && layoutBytes(join(root, name)) < LAYOUT_MAX);
    expect(queue.length).toBeGreaterThan(80);
    const complaints: string[] = [];
    const work = async (): Promise<void> => {
      for (let entry = queue.shift(); entry !== undefined; entry = queue.shift()) {
        const [repository, tag] = [`owner/${entry.name}`, entry.reference === '' ? 'v1' : entry.reference];
        await pushLayout(through, repository, tag, join(root, entry.name), entry.digest);
        complaints.push(...(await differences(through, repository, tag, entry.digest)));
      }
    };
    await Promise.all(Array.from({ length: 4 }, work));
    through.close();
    expect(complaints).toEqual([]);
  });

  test('what one has acknowledged, the other shows at once', async () => {
    const repository = 'owner/at-once';
    for (let round = 0; round < 20; round += 1) {
      const [here, there] = round % 2 === 0 ? [client(0), client(1)] : [client(1), client(0)];
      const image = makeImage();
      await here.pushImage(repository, 'moving', image);
      expect(digestOf((await there.manifest(repository, 'moving')).body)).toBe(image.digest);
      const layer = digestOf(image.blobs[1] ?? Buffer.alloc(0));
      expect((await there.blob(repository, layer)).status).toBe(200);
      await there.call('DELETE', `/v2/${repository}/manifests/moving`);
      expect((await here.manifest(repository, 'moving')).status).toBe(404);
    }
  });

  test('an upload goes on at the other node, and is summed there', async () => {
    const repository = 'owner/wandering';
    const bytes = randomFrom(7).bytes(300_000);
    let location = await client(0).openUpload(repository);
    for (const [index, start] of [0, 100_000, 200_000].entries()) {
      const chunk = bytes.subarray(start, start + 100_000);
      const headers = { 'content-range': `${start}-${start + chunk.length - 1}` };
      const answer = await client((index + 1) % 2).call('PATCH', location, { body: chunk, headers });
      location = expectStatus(answer, 202, 'send a chunk').headers.location ?? '';
    }
    const status = await client(0).call('GET', location);
    expect(status.headers['range']).toBe('0-299999');
    expectStatus(await client(0).call('PUT', withDigest(location, digestOf(bytes))), 201, 'finish');
    expect(digestOf((await client(1).blob(repository, digestOf(bytes))).body)).toBe(digestOf(bytes));
  });

  test('what an account may no longer do, no node lets it do', async () => {
    const repository = 'owner/rights';
    await client(0).pushImage(repository, 'v1', makeImage());
    const database = new pg.Client({ connectionString: cluster.uri });
    await database.connect();
    try {
      // Each node has seen the token before.
      const authorization = `Bearer ${await client(0).token('/v2/auth', cluster.host, [`repository:${repository}:pull`])}`;
      const statuses = () =>
        Promise.all(
          clients.map(
            async (one) => (await one.send('GET', `/v2/${repository}/manifests/v1`, { authorization })).status,
          ),
        );
      expect(await statuses()).toEqual([200, 200]);
      await database.query("UPDATE namespace SET enabled = 0 WHERE name = 'owner'");
      expect(await statuses()).toEqual([401, 401]);
      await database.query("UPDATE namespace SET enabled = 1 WHERE name = 'owner'");
      expect(await statuses()).toEqual([200, 200]);
      // A new password ends what was issued to the old one.
      await database.query('UPDATE user_account SET password_version = password_version + 1');
      expect(await statuses()).toEqual([401, 401]);
      // So does the end of the key that tokens are signed with, within a second when one is told of it.
      const again = await client(1).token('/v2/auth', cluster.host, [`repository:${repository}:pull`]);
      const withKey = () =>
        Promise.all(
          clients.map(async (one) => {
            const answer = await one.send('GET', `/v2/${repository}/manifests/v1`, {
              authorization: `Bearer ${again}`,
            });
            return answer.status;
          }),
        );
      expect(await withKey()).toEqual([200, 200]);
      await database.query('DELETE FROM service_key');
      await database.query(`SELECT pg_notify('gantry_hints', '{"topic":"service_keys"}')`);
      await expect.poll(withKey, { timeout: 1000, interval: 20 }).toEqual([401, 401]);
    } finally {
      await database.end();
    }
  });

  test(`kill -9 of a node during parallel pushes loses nothing, ${CRASHES} times`, { timeout: 90_000 }, async () => {
    let turn = 0;
    const victim = (): TestServer => node(turn % 2);
    const report = await crashRounds(
      {
        url: cluster.url,
        dataDirectory: cluster.dataDirectory,
        stop: (signal) => victim().stop(signal),
        start: async () => {
          const took = await victim().start();
          turn += 1;
          return took;
        },
      },
      cluster.account,
      CRASHES,
      20_261_121,
    );
    expect(report.complaints).toEqual([]);
    expect(await report.lost()).toEqual([]);
    expect(report.acknowledged.manifests).toBeGreaterThan(CRASHES);
  });

  test('are restarted one after the other without a failed request', { timeout: 60_000 }, async () => {
    const repository = 'owner/rolling';
    await client(0).pushImage(repository, 'v1', makeImage());
    await untilAllServe(cluster);
    const load = startLoad(cluster.url, cluster.account, repository, { pullers: 4, pushers: 2 });
    for (const index of [0, 1]) {
      const before = load.pulls + load.pushes;
      await expect.poll(() => load.pulls + load.pushes - before, { timeout: 20_000 }).toBeGreaterThan(20);
      expect(await node(index).stop('SIGTERM')).toBe(0);
      const alone = load.pushes;
      await expect.poll(() => load.pushes - alone, { timeout: 20_000 }).toBeGreaterThan(5);
      await node(index).start();
      await untilAllServe(cluster);
    }
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(cluster.nodes.map(({ crashed }) => crashed)).toEqual([false, false]);
  });

  test('have seen no defect', () => {
    // A node that is about to stop says so to whoever asks for its health.
    expect(cluster.defects().filter(({ path }) => path !== '/health/instance')).toEqual([]);
  });
});

function layoutBytes(layout: string): number {
  return readdirSync(layout, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(join(layout, name)))
    .reduce((sum, { size }) => sum + size, 0);
}

/** What a pull shows of a manifest, the manifests below it and their blobs that is not as its digest says. */
async function differences(
  client: RegistryClient,
  repository: string,
  reference: string,
  digest: string,
): Promise<string[]> {
  const manifest = await client.manifest(repository, reference);
  if (digestOf(manifest.body, algorithmOf(digest)) !== digest) return [`${repository}:${reference} ${manifest.status}`];
  const parts = JSON.parse(manifest.body.toString()) as {
    config?: { digest: string };
    layers?: { digest: string }[];
    manifests?: { digest: string }[];
  };
  const complaints: string[] = [];
  for (const child of parts.manifests ?? []) {
    complaints.push(...(await differences(client, repository, child.digest, child.digest)));
  }
  for (const blob of [...(parts.config === undefined ? [] : [parts.config]), ...(parts.layers ?? [])]) {
    const answer = await client.blob(repository, blob.digest);
    if (digestOf(answer.body, algorithmOf(blob.digest)) !== blob.digest)
      complaints.push(`${repository}@${blob.digest}`);
  }
  return complaints;
}

function algorithmOf(digest: string): 'sha256' | 'sha512' {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256';
}

function missing(): never {
  throw new Error('There is no such node');
}
