import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

export const TYPES = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  empty: 'application/vnd.oci.empty.v1+json',
  gzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  zstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  none: 'application/vnd.oci.image.layer.v1.tar',
} as const;

export const CREATED = '2023-11-14T22:13:20.000Z';
export const EMPTY = Buffer.from('{}');
const REF_NAME = 'org.opencontainers.image.ref.name';

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly [field: string]: unknown;
}

export interface Layer {
  readonly tar: Buffer;
  /** Default gzip. */
  readonly compression?: 'gzip' | 'zstd' | 'none';
}

export interface ImageOptions {
  readonly architecture?: string;
  readonly variant?: string;
  /** The `config` of the image config: command, labels … */
  readonly config?: object;
  /** Further fields of the manifest. */
  readonly manifest?: object;
}

export function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

/** An OCI image layout (image-spec "image-layout.md") that is being written below `root`. */
export class OciLayout {
  readonly #directory: string;
  readonly #entries: Descriptor[] = [];

  constructor(root: string, name: string) {
    this.#directory = join(root, name);
    rmSync(this.#directory, { recursive: true, force: true });
    mkdirSync(join(this.#directory, 'blobs/sha256'), { recursive: true });
    writeFileSync(join(this.#directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  }

  blob(bytes: Buffer, mediaType: string, extra: object = {}, algorithm = 'sha256'): Descriptor {
    const hex = createHash(algorithm).update(bytes).digest('hex');
    mkdirSync(join(this.#directory, 'blobs', algorithm), { recursive: true });
    writeFileSync(join(this.#directory, 'blobs', algorithm, hex), bytes);
    return { mediaType, digest: `${algorithm}:${hex}`, size: bytes.length, ...extra };
  }

  /** A manifest of an image or artifact; `fields` are config, layers, subject … */
  manifest(fields: object): Descriptor {
    return this.blob(json({ schemaVersion: 2, mediaType: TYPES.manifest, ...fields }), TYPES.manifest);
  }

  index(fields: object): Descriptor {
    return this.blob(json({ schemaVersion: 2, mediaType: TYPES.index, ...fields }), TYPES.index);
  }

  image(layers: readonly Layer[], options: ImageOptions = {}): Descriptor {
    const { architecture = 'amd64', variant, config = {} } = options;
    const written = layers.map((layer) => this.layer(layer));
    const image = {
      created: CREATED,
      architecture,
      ...(variant === undefined ? {} : { variant }),
      os: 'linux',
      config,
      rootfs: { type: 'layers', diff_ids: written.map(({ diffId }) => diffId) },
      history: written.map((_, index) => ({ created: CREATED, created_by: `corpus layer ${index}` })),
    };
    return this.manifest({
      config: this.blob(json(image), TYPES.config),
      layers: written.map(({ descriptor }) => descriptor),
      ...options.manifest,
    });
  }

  layer({ tar, compression = 'gzip' }: Layer): { diffId: string; descriptor: Descriptor } {
    const diffId = `sha256:${createHash('sha256').update(tar).digest('hex')}`;
    return { diffId, descriptor: this.blob(compress(tar, compression), TYPES[compression]) };
  }

  /** Names a descriptor in the layout's index. */
  tag(descriptor: Descriptor, name: string): void {
    const annotations = { ...(descriptor['annotations'] as object | undefined), [REF_NAME]: name };
    this.#entries.push({ ...descriptor, annotations });
    const index = { schemaVersion: 2, mediaType: TYPES.index, manifests: this.#entries };
    writeFileSync(join(this.#directory, 'index.json'), json(index));
  }

  /** Links every blob of another layout into this one. */
  takeBlobs(other: OciLayout): void {
    const source = join(other.#directory, 'blobs/sha256');
    for (const name of readdirSync(source)) {
      const target = join(this.#directory, 'blobs/sha256', name);
      if (!existsSync(target)) linkSync(join(source, name), target);
    }
  }
}

export function compress(tar: Buffer, compression: 'gzip' | 'zstd' | 'none'): Buffer {
  if (compression === 'none') return tar;
  if (compression === 'gzip') return gzipSync(tar, { level: 6 });
  return execFileSync('zstd', ['-q', '-c', '-3', '-T0'], { input: tar, maxBuffer: 1 << 30 });
}

/** The manifest that a finished layout names first, and a reader for its blobs. */
export function readLayout(root: string, name: string): { top: Descriptor; read: (digest: string) => Buffer } {
  const directory = join(root, name);
  const { manifests } = JSON.parse(readFileSync(join(directory, 'index.json'), 'utf8')) as { manifests: [Descriptor] };
  return { top: manifests[0], read: (digest) => readFileSync(join(directory, 'blobs', ...digest.split(':'))) };
}
