import type { TestImage } from '../../support/clients.ts';
import type { Random } from '../../support/random.ts';

/** What the fuzzer believes a repository holds. It may be wrong (others write too): it only makes success likely. */
export interface KnownRepository {
  readonly name: string;
  /** Bytes by digest. */
  readonly blobs: Map<string, Buffer>;
  readonly manifests: Map<string, KnownManifest>;
  /** Digest by tag. */
  readonly tags: Map<string, string>;
  /** Bytes received so far, by path of the upload. */
  readonly uploads: Map<string, Buffer>;
}

export interface KnownManifest {
  readonly bytes: Buffer;
  readonly mediaType: string;
}

export interface World {
  readonly account: { readonly username: string; readonly password: string };
  readonly host: string;
  readonly repositories: readonly KnownRepository[];
}

/** More than this of a kind is forgotten, oldest first, so that the rules keep meeting what still exists. */
const REMEMBERED = 60;

export function emptyRepository(name: string): KnownRepository {
  return { name, blobs: new Map(), manifests: new Map(), tags: new Map(), uploads: new Map() };
}

export function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= REMEMBERED) break;
    map.delete(oldest);
  }
}

/** A known key of the map, or undefined when it is empty. */
export function someKey(map: ReadonlyMap<string, unknown>, random: Random): string | undefined {
  return map.size === 0 ? undefined : random.pick([...map.keys()]);
}

/** A manifest over blobs that the repository is believed to hold. */
export type ManifestDraft = Pick<TestImage, 'manifest' | 'digest'> & { readonly mediaType: string };
