import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { digestOf, makeImage, RegistryClient, withDigest } from '../../support/clients.ts';
import { available } from '../../support/components.ts';
import { type Account, startServer, type TestServer } from '../../support/server.ts';
import { corruptBlobs, uploadFiles } from './stored-files.ts';

const DISK_BYTES = 64 << 20;

/** A file system of its own that can really run full, or undefined where mounting is refused. */
function mountSmallDisk(): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'gantry-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', directory], { stdio: 'ignore' });
    return directory;
  } catch {
    rmSync(directory, { recursive: true });
    return undefined;
  }
}

function unmount(directory: string): void {
  execFileSync('umount', ['-l', directory]);
  rmSync(directory, { recursive: true });
}

const probe = mountSmallDisk();
if (probe !== undefined) unmount(probe);
const canMount = available('mount', probe !== undefined);

describe.skipIf(!canMount)('a full disk (needs the right to mount)', () => {
  let disk: string;
  let server: TestServer;
  let account: Account;
  let client: RegistryClient;

  beforeEach(async () => {
    disk = mountSmallDisk() ?? '';
    server = await startServer({ dataDirectory: disk });
    account = await server.initialize();
    client = new RegistryClient(server.url, account);
  });

  afterEach(async () => {
    client.close();
    await server.dispose();
    unmount(disk);
  });

  test('a blob that does not fit is refused with 507, its bytes are gone, and the server goes on', async () => {
    const repository = `${account.username}/full`;
    const kept = makeImage([randomBytes(100_000)]);
    await client.pushImage(repository, 'kept', kept);
    const pid = server.pid;

    const tooLarge = randomBytes(DISK_BYTES);
    const location = await client.openUpload(repository);
    const answer = await client.call('PUT', withDigest(location, digestOf(tooLarge)), { body: tooLarge });

    expect(answer.status).toBe(507);
    expect(JSON.parse(answer.body.toString())).toMatchObject({
      errors: [{ message: expect.stringMatching(/full|space/i) as string }],
    });
    expect(server.pid).toBe(pid);
    await client.call('DELETE', location);
    await client.pushImage(repository, 'after', makeImage([randomBytes(100_000)]));
    expect((await client.manifest(repository, 'kept')).body).toEqual(kept.manifest);
    expect(uploadFiles(disk)).toEqual([]);
    expect(await corruptBlobs(disk)).toEqual([]);
  });

  test('with no space at all pulls go on, pushes say why they fail, and work again once there is space', async () => {
    const repository = `${account.username}/full`;
    const kept = makeImage([randomBytes(10_000)]);
    await client.pushImage(repository, 'kept', kept);
    const pid = server.pid;
    const filler = join(disk, 'filler');
    fill(filler, disk);

    const image = makeImage([randomBytes(200_000)]);
    const refused = await pushStatuses(client, repository, image.blobs[1] ?? Buffer.alloc(0));
    expect(refused.at(-1)).toBe(507);
    const pulled = await client.manifest(repository, 'kept');
    expect(pulled.status).toBe(200);
    expect((await client.blob(repository, digestOf(kept.blobs[1] ?? Buffer.alloc(0)))).status).toBe(200);

    rmSync(filler);
    await client.pushImage(repository, 'again', image);
    expect((await client.manifest(repository, 'again')).body).toEqual(image.manifest);
    expect(server.pid).toBe(pid);
    expect(server.crashed).toBe(false);
  });
});

/** Statuses of POST and PUT until the first that is no success. */
async function pushStatuses(client: RegistryClient, repository: string, blob: Buffer): Promise<number[]> {
  const opened = await client.call('POST', `/v2/${repository}/blobs/uploads/`);
  if (opened.status !== 202) return [opened.status];
  const answer = await client.call('PUT', withDigest(String(opened.headers.location), digestOf(blob)), { body: blob });
  return [opened.status, answer.status];
}

function fill(file: string, disk: string): void {
  const { bavail, bsize } = statfsSync(disk);
  try {
    writeFileSync(file, Buffer.alloc(bavail * bsize + bsize));
  } catch {
    // The last byte does not fit; that is the aim.
  }
}
