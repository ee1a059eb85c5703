import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { digestOf, makeImage, RegistryClient } from '../support/clients.ts';
import { type Corpus, corpus, CORPUS_TIMEOUT_MS, hasCorpus } from '../support/corpus.ts';
import { pushLayout } from '../e2e/clients/push-layout.ts';
import { skopeo, sourceOf } from '../e2e/clients/skopeo.ts';
import { type Cluster, startCluster, untilAllServe } from '../e2e/nodes/cluster.ts';
import { hasHaproxy } from '../e2e/nodes/haproxy.ts';
import { startLoad } from '../e2e/nodes/load.ts';

/** Refused by skopeo itself, and by us. */
const NOT_FOR_SKOPEO = new Set(['nested-index', 'sha512-config']);
const SCHEMA_1 = 'debian-v2s1';
const PARALLEL = 4;
const RESTARTS = 5;

describe.skipIf('missing' in inject('postgres') || !hasHaproxy() || !hasCorpus())('two nodes behind HAProxy', () => {
  let cluster: Cluster;
  let images: Corpus;
  let client: RegistryClient;
  let scratch: string;
  beforeAll(async () => {
    images = await corpus();
    scratch = mkdtempSync(join(tmpdir(), 'gantry-skopeo-'));
    cluster = await startCluster({ config: { DRAIN_NOTICE: '2s' } });
    client = new RegistryClient(cluster.url, cluster.account);
  }, CORPUS_TIMEOUT_MS);
  afterAll(async () => {
    client.close();
    await cluster.dispose();
    rmSync(scratch, { recursive: true, force: true });
  });

  test('the whole corpus goes in and comes out', { timeout: 600_000 }, async () => {
    const tool = skopeo(scratch, cluster.account);
    const queue = images.entries.filter(({ name }) => name !== SCHEMA_1);
    const complaints: string[] = [];
    const work = async (): Promise<void> => {
      for (let entry = queue.shift(); entry !== undefined; entry = queue.shift()) {
        const [repository, tag] = [`owner/${entry.name}`, entry.reference === '' ? 'v1' : entry.reference];
        if (NOT_FOR_SKOPEO.has(entry.name)) {
          await pushLayout(client, repository, tag, join(images.directory, entry.name), entry.digest);
        } else await tool.push(sourceOf(images.directory, entry), `${cluster.host}/${repository}:${tag}`);
        const manifest = await client.manifest(repository, tag);
        if (digestOf(manifest.body) !== entry.digest)
          complaints.push(`${entry.name}:${tag} answers ${manifest.status}`);
        if (NOT_FOR_SKOPEO.has(entry.name)) continue;
        const target = mkdtempSync(join(scratch, 'pull-'));
        // skopeo compares what it pulls with the digests.
        await tool.pull(`${cluster.host}/${repository}:${tag}`, `dir:${target}`);
        rmSync(target, { recursive: true });
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, work));
    expect(complaints).toEqual([]);
  });

  test(`${RESTARTS} rolling restarts fail no request`, { timeout: 600_000 }, async () => {
    await client.pushImage('owner/rolling', 'v1', makeImage());
    const load = startLoad(cluster.url, cluster.account, 'owner/rolling', { pullers: 8, pushers: 4 });
    for (let restart = 0; restart < RESTARTS * 2; restart += 1) {
      const before = load.pushes;
      await expect.poll(() => load.pushes - before, { timeout: 60_000 }).toBeGreaterThan(30);
      const node = cluster.nodes[restart % 2];
      expect(await node?.stop('SIGTERM')).toBe(0);
      await node?.start();
      await untilAllServe(cluster);
    }
    await load.stop();
    expect(load.failures).toEqual([]);
    console.log(`${load.pulls} pulls and ${load.pushes} pushes during ${RESTARTS * 2} restarts`);
  });
});
