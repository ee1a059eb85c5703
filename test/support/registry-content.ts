import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { expect } from 'vitest';
import { MEDIA_TYPES } from '../../src/kernel/media-types.ts';
import type { Answer, TestRegistry } from './registry.ts';

export function digestOf(bytes: string | Uint8Array, algorithm: 'sha256' | 'sha512' = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

export interface PushedManifest {
  readonly body: string;
  readonly digest: string;
  readonly descriptor: { readonly mediaType: string; readonly digest: string; readonly size: number };
}

/** Pushes a blob as alice and returns its digest. */
export async function pushBlob(
  registry: TestRegistry,
  repository: string,
  bytes: string | Uint8Array,
): Promise<string> {
  const digest = digestOf(bytes);
  const answer = await registry.send('POST', `/v2/${repository}/blobs/uploads/?digest=${digest}`, {
    as: 'alice',
    body: bytes,
  });
  expect(answer.status).toBe(201);
  return digest;
}

/** Pushes an image with one layer as alice; `extra` is joined to the manifest. */
export async function pushImage(
  registry: TestRegistry,
  repository: string,
  reference: string | undefined,
  extra: object = {},
): Promise<PushedManifest> {
  const [config, layer] = ['{}', `layer of ${repository}`];
  for (const blob of [config, layer]) await pushBlob(registry, repository, blob);
  const describe = (bytes: string, mediaType: string) => ({ mediaType, digest: digestOf(bytes), size: bytes.length });
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociManifest,
    config: describe(config, 'application/vnd.oci.image.config.v1+json'),
    layers: [describe(layer, 'application/vnd.oci.image.layer.v1.tar')],
    ...extra,
  };
  return pushManifest(registry, repository, reference, manifest);
}

/** Pushes a manifest as alice, by its digest when no reference is given. */
export async function pushManifest(
  registry: TestRegistry,
  repository: string,
  reference: string | undefined,
  manifest: object & { readonly mediaType: string },
): Promise<PushedManifest> {
  const body = JSON.stringify(manifest);
  const digest = digestOf(body);
  const answer = await putManifest(registry, repository, reference ?? digest, body, manifest.mediaType);
  expect(answer).toMatchObject({ status: 201, codes: [] });
  return { body, digest, descriptor: { mediaType: manifest.mediaType, digest, size: Buffer.byteLength(body) } };
}

export function putManifest(
  registry: TestRegistry,
  repository: string,
  reference: string,
  body: string,
  type: string = MEDIA_TYPES.ociManifest,
): Promise<Answer> {
  const headers = { 'content-type': type };
  return registry.send('PUT', `/v2/${repository}/manifests/${reference}`, { as: 'alice', headers, body });
}

/** Starts an upload as alice and returns its address. */
export async function startUpload(registry: TestRegistry, repository: string, query = ''): Promise<string> {
  const answer = await registry.send('POST', `/v2/${repository}/blobs/uploads/${query}`, { as: 'alice' });
  expect(answer.status).toBe(202);
  return answer.headers.location ?? '';
}

/** An open connection that has sent these lines and this much of a body. */
export function openRequest(
  registry: TestRegistry,
  lines: readonly string[],
  body = '',
): Promise<{ cut(): void; received(): string }> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(registry.http.port, '127.0.0.1');
    socket.on('error', reject);
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    socket.write(`${lines.join('\r\n')}\r\nHost: registry.test\r\n\r\n${body}`, () =>
      resolve({ cut: () => socket.destroy(), received: () => text }),
    );
  });
}
