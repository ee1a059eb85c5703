import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digestOf, RegistryClient } from '../../support/clients.ts';
import { type Corpus, corpus, CORPUS_TIMEOUT_MS, type CorpusEntry, hasCorpus } from '../../support/corpus.ts';
import { type Account, startServer, type TestServer } from '../../support/server.ts';
import { pushLayout } from './push-layout.ts';
import { runClients } from './run-clients.ts';
import { skopeo, sourceOf, storedBytes } from './skopeo.ts';

/** Refused by skopeo itself: an index within an index, and a config named by sha512. */
const NOT_FOR_SKOPEO = new Set(['nested-index', 'sha512-config']);
const SCHEMA_1 = 'debian-v2s1';
const PARALLEL = 4;

describe.skipIf(!hasCorpus())('the corpus (needs skopeo and root)', () => {
  let entries: Corpus['entries'];
  let directory: string;
  let scratch: string;
  let server: TestServer;
  let account: Account;
  let client: RegistryClient;
  let tool: ReturnType<typeof skopeo>;

  beforeAll(async () => {
    ({ entries, directory } = await corpus());
    scratch = mkdtempSync(join(tmpdir(), 'gantry-skopeo-'));
    server = await startServer();
    account = await server.initialize('corpus');
    client = new RegistryClient(server.url, account);
    tool = skopeo(scratch, account);
  }, CORPUS_TIMEOUT_MS);

  afterAll(async () => {
    client.close();
    rmSync(scratch, { recursive: true, force: true });
    await server.dispose();
  });

  test('every entry goes in and out bit-exact', { timeout: 240_000 }, async () => {
    const queue = entries.filter((entry) => entry.name !== SCHEMA_1);
    const complaints: string[] = [];
    const work = async (): Promise<void> => {
      for (let entry = queue.shift(); entry !== undefined; entry = queue.shift()) {
        const trouble = await roundTrip(entry).catch(String);
        if (trouble !== undefined) complaints.push(`${entry.name}:${entry.reference}: ${trouble}`);
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, work));
    expect(complaints).toEqual([]);
    expect(entries.length).toBeGreaterThan(90);
  });

  test('a schema 1 manifest is refused with a message that says what to do', async () => {
    const manifest = readFileSync(join(directory, SCHEMA_1, 'manifest.json'));
    const headers = { 'content-type': 'application/vnd.docker.distribution.manifest.v1+prettyjws' };
    const answer = await client.call('PUT', '/v2/corpus/schema1/manifests/v1', { body: manifest, headers });
    expect([400, 415]).toContain(answer.status);
    expect(answer.body.toString()).toMatch(/schema 1/i);
  });

  test('ten rounds of parallel pushes into cold repositories', { timeout: 240_000 }, async () => {
    const small = ['multiarch', 'cosign-signed', 'helm-chart', 'mixed-compression'];
    const images = ['many-layers', 'vuln', ...small, ...small];
    for (const [round, image] of images.entries()) {
      const entry = entries.find(({ name }) => name === image);
      if (entry === undefined) throw new Error('the corpus is incomplete');
      const repository = `${server.host}/corpus/cold-${round}`;
      const pushes = Array.from({ length: PARALLEL }, (_, index) =>
        tool.push(sourceOf(directory, entry), `${repository}:p${index}`),
      );
      await Promise.all(pushes);
      const digests = await Promise.all(
        [0, 1, 2, 3].map(async (index) => topDigest(`corpus/cold-${round}`, `p${index}`)),
      );
      expect(new Set(digests)).toEqual(new Set([entry.digest]));
    }
  });

  test('skopeo, buildah, podman, docker and containerd work with it', { timeout: 900_000 }, async () => {
    const { passed, skipped, failed } = await runClients(server, account, { directory, entries }, true);
    console.log(`${passed} checks passed${skipped.length > 0 ? `; ${skipped.join('; ')}` : ''}`);
    expect(failed).toEqual([]);
  });

  test('the server saw no defect', () => {
    expect(server.defects()).toEqual([]);
  });

  async function roundTrip(entry: CorpusEntry): Promise<string | undefined> {
    const repository = `corpus/${entry.name}`;
    const tag = entry.reference === '' ? 'v1' : entry.reference;
    const layout = join(directory, entry.name);
    if (NOT_FOR_SKOPEO.has(entry.name)) await pushLayout(client, repository, tag, layout, entry.digest);
    else await tool.push(sourceOf(directory, entry), `${server.host}/${repository}:${tag}`);
    if ((await topDigest(repository, tag)) !== entry.digest) return 'another digest';
    if (NOT_FOR_SKOPEO.has(entry.name)) return undefined;
    const target = mkdtempSync(join(scratch, 'pull-'));
    await tool.pull(`${server.host}/${repository}:${tag}`, `dir:${target}`);
    const pulled = readFileSync(join(target, 'manifest.json'));
    const complaint =
      digestOf(pulled) === entry.digest ? differentBlob(pulled, target, layout) : 'other manifest bytes';
    rmSync(target, { recursive: true });
    return complaint;
  }

  async function topDigest(repository: string, reference: string): Promise<string> {
    const answer = await client.manifest(repository, reference);
    return answer.status === 200 ? digestOf(answer.body) : `status ${answer.status}`;
  }
});

/** The first blob of the pulled manifest (and its children) that is not as in the source. */
function differentBlob(manifest: Buffer, pulled: string, source: string): string | undefined {
  const {
    config,
    layers = [],
    manifests = [],
  } = JSON.parse(manifest.toString()) as {
    config?: { digest: string };
    layers?: { digest: string }[];
    manifests?: { digest: string }[];
  };
  for (const { digest } of [...(config === undefined ? [] : [config]), ...layers]) {
    const [found, expected] = [storedBytes(pulled, digest), storedBytes(source, digest)];
    if (found === undefined || expected === undefined || !found.equals(expected)) return `${digest} differs`;
  }
  for (const { digest } of manifests) {
    const file = join(pulled, `${digest.split(':')[1]}.manifest.json`);
    const complaint = differentBlob(readFileSync(file), pulled, source);
    if (complaint !== undefined) return complaint;
  }
  return undefined;
}
