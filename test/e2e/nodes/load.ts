import { digestOf, makeImage, RegistryClient, type Credentials } from '../../support/clients.ts';

/** Clients that pull and push without a pause until they are stopped, and what went wrong for them. */
export interface Load {
  readonly pulls: number;
  readonly pushes: number;
  readonly failures: readonly string[];
  stop(): Promise<void>;
}

export interface LoadOptions {
  readonly pullers: number;
  readonly pushers: number;
}

/** @param repository where there is an image by the tag `v1` */
export function startLoad(url: string, account: Credentials, repository: string, options: LoadOptions): Load {
  const failures: string[] = [];
  const done = { pulls: 0, pushes: 0, isOver: false };
  const client = new RegistryClient(url, account, options.pullers + options.pushers);
  const until = async (work: () => Promise<void>): Promise<void> => {
    while (!done.isOver) await work().catch((error: unknown) => void failures.push(String(error)));
  };
  const pull = async (): Promise<void> => {
    const manifest = await client.manifest(repository, 'v1');
    if (manifest.status !== 200) throw new Error(`pull: ${manifest.status} ${manifest.body.toString().slice(0, 300)}`);
    const { layers } = JSON.parse(manifest.body.toString()) as { layers: { digest: string }[] };
    for (const { digest } of layers) {
      const blob = await client.blob(repository, digest);
      if (blob.status !== 200 || digestOf(blob.body) !== digest) throw new Error(`pull of a layer: ${blob.status}`);
    }
    done.pulls += 1;
  };
  const push = async (pusher: number): Promise<void> => {
    const image = makeImage();
    for (const blob of image.blobs) {
      const middle = Math.ceil(blob.length / 2);
      await client.pushChunks(repository, [blob.subarray(0, middle), blob.subarray(middle)]);
    }
    await client.pushManifest(repository, `p${pusher}-${done.pushes}`, image.manifest);
    done.pushes += 1;
  };
  const running = [
    ...Array.from({ length: options.pullers }, () => until(pull)),
    ...Array.from({ length: options.pushers }, (_, index) => until(() => push(index))),
  ];
  return {
    get pulls() {
      return done.pulls;
    },
    get pushes() {
      return done.pushes;
    },
    failures,
    async stop() {
      done.isOver = true;
      await Promise.all(running);
      client.close();
    },
  };
}
