import { statfs } from 'node:fs/promises';

/** The room on the disk that a directory of ours lies on. */
export interface DiskSpace {
  /** What the directory is for. */
  readonly place: string;
  /** That this user may still use. */
  readonly freeBytes: number;
  readonly sizeBytes: number;
}

/** Reads the room behind each place; places on the same disk each have their line. Errors: of the file system. */
export function readDiskSpace(places: ReadonlyMap<string, string>): Promise<readonly DiskSpace[]> {
  return Promise.all(
    [...places].map(async ([place, path]) => {
      const { bavail, bsize, blocks } = await statfs(path);
      return { place, freeBytes: bavail * bsize, sizeBytes: blocks * bsize };
    }),
  );
}

/** What has less free than the share of its size (0 to 1), in words; '' when nothing has. A size of 0 means that nobody knows. */
export function shortOfSpace(disks: readonly DiskSpace[], share: number): string {
  return disks
    .filter(({ freeBytes, sizeBytes }) => sizeBytes > 0 && freeBytes < sizeBytes * share)
    .map(describeSpace)
    .join('; ');
}

export function describeSpace({ place, freeBytes, sizeBytes }: DiskSpace): string {
  const percent = sizeBytes === 0 ? '?' : ((100 * freeBytes) / sizeBytes).toFixed(1);
  return `${place}: ${percent} % free of ${(sizeBytes / 2 ** 30).toFixed(1)} GiB`;
}
