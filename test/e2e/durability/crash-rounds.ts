import { type Credentials, makeImage, RegistryClient, UnexpectedAnswer } from '../../support/clients.ts';
import { type Random, randomFrom } from '../../support/random.ts';
import type { TestServer } from '../../support/server.ts';
import { Ledger } from './ledger.ts';
import { corruptBlobs } from './stored-files.ts';

const PUSHERS = 4;
const REPOSITORIES = 3;

export interface CrashReport {
  /** Everything that broke a promise, with the round it was found in. */
  readonly complaints: string[];
  readonly acknowledged: { blobs: number; manifests: number; tags: number };
  /** Requests that the crash cut off. */
  readonly interrupted: number;
  /** Looks once more, on the running server, for what was acknowledged and is not there. */
  lost(): Promise<string[]>;
}

/**
 * Kills the server at a random moment of parallel pushes, starts it again and compares what it shows with what it had
 * acknowledged; `rounds` times, on the same data.
 */
export async function crashRounds(
  server: Pick<TestServer, 'url' | 'dataDirectory' | 'start' | 'stop'>,
  account: Credentials,
  rounds: number,
  seed: number,
): Promise<CrashReport> {
  const random = randomFrom(seed);
  const ledger = new Ledger();
  const complaints: string[] = [];
  const knownFiles = new Set<string>();
  let interrupted = 0;
  for (let round = 1; round <= rounds; round++) {
    const client = new RegistryClient(server.url, account, PUSHERS);
    const stopped = { value: false };
    const pushers = Array.from({ length: PUSHERS }, (_, index) =>
      pushUntil({
        client,
        ledger,
        repository: `${account.username}/crash-${index % REPOSITORIES}`,
        movingTag: `latest-${index}`,
        random: randomFrom(seed + round * 100 + index),
        stopped,
      }),
    );
    await ledger.acknowledges(1 + random.below(25));
    await new Promise((resolve) => setTimeout(resolve, random.below(30)));
    await server.stop('SIGKILL');
    stopped.value = true;
    const ends = await Promise.all(pushers);
    client.close();
    interrupted += ends.filter((end) => end.interrupted).length;
    for (const { complaint } of ends) if (complaint !== undefined) complaints.push(`round ${round}: ${complaint}`);
    complaints.push(
      ...(await corruptBlobs(server.dataDirectory, knownFiles)).map((file) => `round ${round}: half-written ${file}`),
    );
    await server.start();
    const reader = new RegistryClient(server.url, account);
    const last = round === rounds;
    complaints.push(...(await ledger.missing(reader, last)).map((text) => `round ${round}: ${text}`));
    if (last) complaints.push(...(await incompleteImages(reader, account.username)));
    reader.close();
  }
  const lost = async (): Promise<string[]> => {
    const reader = new RegistryClient(server.url, account);
    const missing = await ledger.missing(reader, true);
    reader.close();
    return missing;
  };
  return { complaints, acknowledged: ledger.size, interrupted, lost };
}

/** Why a pusher ended: cut off, or with an answer it had no reason to expect, or because it was told to. */
interface PusherEnd {
  readonly interrupted?: boolean;
  readonly complaint?: string;
}

interface Pusher {
  readonly client: RegistryClient;
  readonly ledger: Ledger;
  readonly repository: string;
  /** A tag that only this pusher moves. */
  readonly movingTag: string;
  readonly random: Random;
  readonly stopped: { value: boolean };
}

/** Pushes images until told to stop or cut off; anything else the server answers is returned. */
async function pushUntil(pusher: Pusher): Promise<PusherEnd> {
  try {
    while (!pusher.stopped.value) await pushOne(pusher);
    return {};
  } catch (error) {
    if (error instanceof Error && 'code' in error) return { interrupted: true };
    // What a proxy says of a server that has died.
    if (error instanceof UnexpectedAnswer && error.status === 502) return { interrupted: true };
    return { complaint: error instanceof Error ? error.message : String(error) };
  }
}

async function pushOne({ client, ledger, repository, movingTag, random }: Pusher): Promise<void> {
  const layers = Array.from({ length: 1 + random.below(3) }, () =>
    random.bytes(1 + random.below(random.chance(0.2) ? 4_000_000 : 40_000)),
  );
  const image = makeImage(layers);
  for (const blob of image.blobs) {
    const middle = 1 + random.below(blob.length);
    const chunked = middle < blob.length && random.chance(0.4);
    const digest = chunked
      ? await client.pushChunks(repository, [blob.subarray(0, middle), blob.subarray(middle)])
      : await client.pushBlob(repository, blob);
    ledger.blob(repository, digest);
  }
  const tag = random.chance(0.3) ? movingTag : `t${random.below(2 ** 32)}`;
  ledger.tagTried(repository, tag, image.digest);
  await client.pushManifest(repository, tag, image.manifest);
  ledger.tagged(repository, tag, image.manifest);
}

/** Tags that are shown but cannot be pulled whole. */
async function incompleteImages(client: RegistryClient, username: string): Promise<string[]> {
  const complaints: string[] = [];
  for (let index = 0; index < REPOSITORIES; index++) {
    const repository = `${username}/crash-${index}`;
    for (const tag of await client.tags(repository)) {
      const manifest = await client.manifest(repository, tag);
      if (manifest.status !== 200) complaints.push(`${repository}:${tag} is listed but answers ${manifest.status}`);
      else complaints.push(...(await missingBlobs(client, repository, manifest.body)));
    }
  }
  return complaints;
}

async function missingBlobs(client: RegistryClient, repository: string, manifest: Buffer): Promise<string[]> {
  const { config, layers } = JSON.parse(manifest.toString()) as {
    config: { digest: string };
    layers: { digest: string }[];
  };
  const complaints: string[] = [];
  for (const { digest } of [config, ...layers]) {
    const answer = await client.blob(repository, digest, 'HEAD');
    if (answer.status !== 200) complaints.push(`${repository}@${digest} is referenced but answers ${answer.status}`);
  }
  return complaints;
}
