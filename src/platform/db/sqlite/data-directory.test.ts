import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataDirectoryInUseError, lockDataDirectory } from './lock-data-directory.ts';
import { NetworkFileSystemError, refuseNetworkFileSystem } from './network-file-system.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gantry-lock-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('lockDataDirectory', () => {
  it('admits one holder at a time', () => {
    const lock = lockDataDirectory(directory);
    expect(() => lockDataDirectory(directory)).toThrow(DataDirectoryInUseError);
    lock.release();
    lockDataDirectory(directory).release();
  });

  it('names the process that holds it, and is free once that was killed', async ({ onTestFinished }) => {
    const module = new URL('./lock-data-directory.ts', import.meta.url).href;
    const program = `import { lockDataDirectory } from ${JSON.stringify(module)};
      lockDataDirectory(process.argv[1]); process.stdout.write('locked'); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    expect(() => lockDataDirectory(directory)).toThrow(`process ${child.pid}`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    lockDataDirectory(directory).release();
  });
});

describe('refuseNetworkFileSystem', () => {
  const probe = (type: number, mounts = '') => ({
    type: () => Promise.resolve(type),
    mounts: () => Promise.resolve(mounts),
  });
  const FUSE = 0x65735546;
  const mountAt = (kind: string) =>
    `1 0 0:1 / / rw - ext4 /dev/vda rw\n2 1 0:2 / ${directory} rw,nosuid - ${kind} x rw\n`;

  it('takes the temporary directory of this machine', async () => {
    await refuseNetworkFileSystem(directory);
  });

  it.each([
    ['NFS', 0x6969],
    ['SMB', 0xfe534d42],
    ['CIFS', 0xff534d42],
    ['Ceph', 0x00c36400],
  ])('refuses %s', async (name, type) => {
    await expect(refuseNetworkFileSystem(directory, probe(type))).rejects.toThrow(name);
  });

  it('refuses FUSE programs that go over a network and takes the others', async () => {
    for (const kind of ['fuse.sshfs', 'fuse.glusterfs', 'fuse.s3fs']) {
      const outcome = refuseNetworkFileSystem(directory, probe(FUSE, mountAt(kind)));
      await expect(outcome).rejects.toThrow(NetworkFileSystemError);
    }
    for (const kind of ['fuse.mergerfs', 'virtiofs', 'fuse.fuse-overlayfs', 'ext4']) {
      await refuseNetworkFileSystem(directory, probe(FUSE, mountAt(kind)));
    }
  });
});
