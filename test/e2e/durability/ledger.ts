import { digestOf, type RegistryClient } from '../../support/clients.ts';

/**
 * What the server has acknowledged to a client, and what of it must be found again. A tag may also show a manifest whose
 * push was under way when the server died: it was not acknowledged, but may have been kept.
 */
export class Ledger {
  /** `repository@digest` of finished blobs. */
  readonly #blobs = new Set<string>();
  /** Manifest bytes by `repository@digest`. */
  readonly #manifests = new Map<string, Buffer>();
  readonly #tags = new Map<string, { acknowledged: string | undefined; tried: Set<string> }>();
  #unchecked: string[] = [];
  #waiting: { left: number; resolve: () => void } | undefined;

  /** Resolves when `count` more blobs or manifests have been acknowledged. */
  acknowledges(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = { left: count, resolve };
    });
  }

  #acknowledged(key: string): void {
    this.#unchecked.push(key);
    if (this.#waiting === undefined) return;
    this.#waiting.left -= 1;
    if (this.#waiting.left === 0) this.#waiting.resolve();
  }

  blob(repository: string, digest: string): void {
    this.#blobs.add(`${repository}@${digest}`);
    this.#acknowledged(`${repository}@${digest}`);
  }

  tagTried(repository: string, tag: string, digest: string): void {
    this.#tag(repository, tag).tried.add(digest);
  }

  tagged(repository: string, tag: string, manifest: Buffer): void {
    const digest = digestOf(manifest);
    this.#manifests.set(`${repository}@${digest}`, manifest);
    this.#acknowledged(`${repository}@${digest}`);
    const entry = this.#tag(repository, tag);
    entry.acknowledged = digest;
    entry.tried = new Set();
  }

  #tag(repository: string, tag: string) {
    const key = `${repository}:${tag}`;
    const entry = this.#tags.get(key) ?? { acknowledged: undefined, tried: new Set<string>() };
    this.#tags.set(key, entry);
    return entry;
  }

  get size(): { blobs: number; manifests: number; tags: number } {
    return { blobs: this.#blobs.size, manifests: this.#manifests.size, tags: this.#tags.size };
  }

  /** Everything that is not as acknowledged. @param all also what an earlier call has found in order. */
  async missing(client: RegistryClient, all: boolean): Promise<string[]> {
    const keys = all ? [...this.#blobs, ...this.#manifests.keys()] : this.#unchecked;
    this.#unchecked = [];
    const complaints: string[] = [];
    for (const key of keys) {
      const [repository = '', digest = ''] = key.split('@');
      const manifest = this.#manifests.get(key);
      const answer =
        manifest === undefined ? await client.blob(repository, digest) : await client.manifest(repository, digest);
      if (answer.status !== 200) complaints.push(`${key}: answered ${answer.status}`);
      else if (digestOf(answer.body) !== digest) complaints.push(`${key}: other bytes`);
    }
    for (const [key, { acknowledged, tried }] of this.#tags) {
      const [repository = '', tag = ''] = key.split(':');
      const answer = await client.manifest(repository, tag);
      const found = answer.status === 200 ? digestOf(answer.body) : undefined;
      if (found === acknowledged || (found !== undefined && tried.has(found))) continue;
      complaints.push(`${key}: shows ${found ?? answer.status}, acknowledged was ${acknowledged ?? 'nothing'}`);
    }
    return complaints;
  }
}
