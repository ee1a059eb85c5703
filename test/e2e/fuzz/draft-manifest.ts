import { digestOf, INDEX_TYPE, MANIFEST_TYPE } from '../../support/clients.ts';
import type { Random } from '../../support/random.ts';
import { type KnownRepository, type ManifestDraft, someKey } from './world.ts';

const EMPTY_TYPE = 'application/vnd.oci.empty.v1+json';
const DOCKER_TYPE = 'application/vnd.docker.distribution.manifest.v2+json';

/** A manifest or index over what the repository is believed to hold; undefined when it holds nothing. */
export function draftManifest(repository: KnownRepository, random: Random): ManifestDraft | undefined {
  const index = repository.manifests.size > 0 && random.chance(0.25);
  const mediaType = index ? INDEX_TYPE : random.chance(0.2) ? DOCKER_TYPE : MANIFEST_TYPE;
  const parts = index ? indexParts(repository, random) : imageParts(repository, random);
  if (parts === undefined) return undefined;
  const subject = random.chance(0.3) ? { subject: manifestDescriptor(repository, random) } : {};
  const artifact = random.chance(0.3) ? { artifactType: 'application/x.fuzz' } : {};
  const noise = {
    annotations: {
      'org.example.n': String(random.below(50)),
      ...(random.chance(0.1) ? { ' weird ': '\u0000é\ud83d\ude00' } : {}),
    },
  };
  const manifest = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType, ...parts, ...artifact, ...subject, ...noise }),
  );
  return { manifest, digest: digestOf(manifest), mediaType };
}

function imageParts(repository: KnownRepository, random: Random): object | undefined {
  const config = blobDescriptor(repository, random, EMPTY_TYPE);
  if (config === undefined) return undefined;
  const layers = Array.from({ length: random.below(5) }, () =>
    blobDescriptor(repository, random, 'application/octet-stream'),
  );
  return { config, layers };
}

function indexParts(repository: KnownRepository, random: Random): object {
  return { manifests: Array.from({ length: 1 + random.below(3) }, () => manifestDescriptor(repository, random)) };
}

function blobDescriptor(repository: KnownRepository, random: Random, mediaType: string): object | undefined {
  const digest = someKey(repository.blobs, random);
  return digest === undefined ? undefined : { mediaType, digest, size: repository.blobs.get(digest)?.length ?? 0 };
}

function manifestDescriptor(repository: KnownRepository, random: Random): object {
  const digest = someKey(repository.manifests, random) ?? digestOf(Buffer.from('nothing'));
  const known = repository.manifests.get(digest);
  return { mediaType: known?.mediaType ?? MANIFEST_TYPE, digest, size: known?.bytes.length ?? 7 };
}
