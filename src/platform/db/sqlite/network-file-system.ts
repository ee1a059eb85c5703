import { readFile, realpath, statfs } from 'node:fs/promises';

/** Refusal to keep the database on a file system whose locks or memory maps cannot be trusted. */
export class NetworkFileSystemError extends Error {
  override readonly name = 'NetworkFileSystemError';
}

const FUSE = 0x65735546;

/** Magic numbers of statfs(2) of file systems shared over a network: locks or mmap on them differ between hosts. */
const NETWORK_TYPES: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0x564c, 'NCP'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x73757245, 'Coda'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x19830326, 'BeeGFS'],
  [0x47504653, 'GPFS'],
  [0x01161970, 'GFS2'],
  [0x7461636f, 'OCFS2'],
]);

/** FUSE serves local disks too (mergerfs, virtiofs, fuse-overlayfs); these programs go over a network. */
const NETWORK_FUSE =
  /^fuse\.(?:sshfs|glusterfs|ceph(?:-fuse)?|s3fs|s3ql|goofys|geesefs|mountpoint-s3|gcsfuse|blobfuse2?|rclone|juicefs|davfs2?|mfs|moosefs|lizardfs|seaweedfs|curlftpfs|smbnetfs|hdfs|beegfs|nfs)$/i;

/** Asks the operating system; replaced in tests. */
export interface FileSystemProbe {
  /** The magic number of statfs(2). */
  type(directory: string): Promise<number>;
  /** The text of /proc/self/mountinfo; '' where there is none. */
  mounts(): Promise<string>;
}

const systemProbe: FileSystemProbe = {
  type: async (directory) => (await statfs(directory)).type >>> 0,
  mounts: () => readFile('/proc/self/mountinfo', 'utf8').catch(() => ''),
};

/** Throws {@link NetworkFileSystemError} when the directory (which must exist) is on a network file system. */
export async function refuseNetworkFileSystem(directory: string, probe: FileSystemProbe = systemProbe): Promise<void> {
  const type = await probe.type(directory);
  const name = type === FUSE ? networkFuse(await probe.mounts(), await realpath(directory)) : NETWORK_TYPES.get(type);
  if (name === undefined) return;
  throw new NetworkFileSystemError(
    `The directory "${directory}" is on a network file system (${name}), where an SQLite database can be damaged; ` +
      'use a local disk for it, or PostgreSQL',
  );
}

/** The kind of the mount that holds the path, when it is a FUSE program that goes over a network. */
function networkFuse(mounts: string, path: string): string | undefined {
  let best = { point: '', kind: '' };
  for (const line of mounts.split('\n')) {
    // 36 35 98:0 /root /mount/point options … - type source …
    const [left = '', right = ''] = line.split(' - ');
    const point = (left.split(' ')[4] ?? '').replaceAll(/\\(\d{3})/g, (_, octal: string) =>
      String.fromCodePoint(Number.parseInt(octal, 8)),
    );
    const holds = point !== '' && (path === point || path.startsWith(point.endsWith('/') ? point : `${point}/`));
    if (holds && point.length >= best.point.length) best = { point, kind: right.split(' ')[0] ?? '' };
  }
  return NETWORK_FUSE.test(best.kind) ? best.kind : undefined;
}
