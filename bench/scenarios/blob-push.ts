import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { promisify } from 'node:util';
import { type Contender, startGantry, startPeer } from '../contender.ts';
import { type BlobFile, dropInKernel, makeBlobFile, type Measured, scratchDirectory, withUsage } from '../load.ts';
import {
  cpuPerGigabyte,
  interleave,
  judge,
  megabytesPerSecond,
  number,
  type PairResult,
  type Row,
  row,
  type Scenario,
} from '../pairs.ts';
import { spreadPercent, summarize } from '../statistics.ts';

const run = promisify(execFile);
const MEBIBYTES = 256;

/** Blobs pushed in one request each, into a server that has never seen them; acknowledged when they are durable. */
export const blobPush: Scenario = {
  name: 'blob-push',
  async run(pairs) {
    const scratch = scratchDirectory();
    try {
      const rows: Row[] = [];
      for (const clients of [1, 8]) {
        const files = Array.from({ length: clients }, (_, index) =>
          makeBlobFile(scratch, `push-${index}`, MEBIBYTES << 20),
        );
        const floors: number[] = [];
        const result = await interleave(
          pairs,
          async () => {
            floors.push(await hashAndCopy(files, scratch));
            return push(await startGantry(), files);
          },
          async () => push(await startPeer(), files),
        );
        const what = `blob push ${MEBIBYTES} MiB × ${clients}`;
        rows.push(
          row(what, 'MB/s', result, megabytesPerSecond, { atLeast: 1.5 }),
          row(what, 'CPU s/GB', result, cpuPerGigabyte),
          againstFloor(what, result, floors),
        );
      }
      return rows;
    } finally {
      rmSync(scratch, { recursive: true });
    }
  },
};

async function push(contender: Contender, files: readonly BlobFile[]): Promise<Measured> {
  try {
    const repository = contender.repository('pushed');
    const authorization = await contender.authorization(repository);
    const uploads = `/v2/${repository}/blobs/uploads/`;
    const named = files.flatMap(({ path, digest }) => [path, digest]);
    return await withUsage(contender, () => dropInKernel('put', contender, authorization, [uploads, ...named]));
  } finally {
    await contender.stop();
  }
}

/** Seconds that `openssl dgst` and then `dd conv=fsync` need for the same bytes, all files at once. */
async function hashAndCopy(files: readonly BlobFile[], scratch: string): Promise<number> {
  const begin = performance.now();
  await Promise.all(
    files.map(async ({ path }, index) => {
      await run('openssl', ['dgst', '-sha256', path]);
      await run('dd', [`if=${path}`, `of=${scratch}/copy-${index}`, 'bs=1M', 'conv=fsync']);
    }),
  );
  const seconds = (performance.now() - begin) / 1000;
  for (const index of files.keys()) rmSync(`${scratch}/copy-${index}`);
  return seconds;
}

function againstFloor(what: string, { ours }: PairResult, floors: readonly number[]): Row {
  const ratios = summarize(ours.map((measured, index) => (floors[index] ?? Number.NaN) / measured.wallSeconds));
  const bytes = ours[0]?.units ?? 0;
  return {
    what: `${what}, MB/s, against openssl + dd`,
    ours: number(summarize(ours.map(megabytesPerSecond)).median),
    peer: number(bytes / 1e6 / summarize(floors).median),
    ratio: `${number(ratios.median)}×`,
    spread: `±${Math.round(spreadPercent(ratios))} %`,
    ...judge(ratios.median, { atLeast: 0.6 }, '×'),
  };
}
