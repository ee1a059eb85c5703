import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectStatus, type RegistryClient, withDigest } from '../../support/clients.ts';
import { storedBytes } from './skopeo.ts';

interface Descriptor {
  readonly digest: string;
  readonly mediaType: string;
}

/** Pushes a manifest of an OCI layout, or of a directory as skopeo writes it, with all below it: for what the clients at hand refuse to push. */
export async function pushLayout(
  client: RegistryClient,
  repository: string,
  reference: string,
  layout: string,
  digest: string,
) {
  const bytes = bytesOf(layout, digest);
  const {
    mediaType,
    config,
    layers = [],
    manifests = [],
  } = JSON.parse(bytes.toString()) as {
    mediaType: string;
    config?: Descriptor;
    layers?: Descriptor[];
    manifests?: Descriptor[];
  };
  for (const child of manifests) await pushLayout(client, repository, child.digest, layout, child.digest);
  for (const blob of [...(config === undefined ? [] : [config]), ...layers]) {
    const location = await client.openUpload(repository);
    const answer = await client.call('PUT', withDigest(location, blob.digest), { body: bytesOf(layout, blob.digest) });
    expectStatus(answer, 201, `push ${blob.digest}`);
  }
  await client.pushManifest(repository, reference, bytes, mediaType);
}

function bytesOf(layout: string, digest: string): Buffer {
  return storedBytes(layout, digest) ?? readFileSync(join(layout, 'manifest.json'));
}
