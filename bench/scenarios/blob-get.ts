import { rmSync } from 'node:fs';
import { type Contender, startGantry, startPeer } from '../contender.ts';
import { dropInKernel, makeBlobFile, pushFile, scratchDirectory, withUsage } from '../load.ts';
import { cpuPerGigabyte, type Gate, interleave, megabytesPerSecond, type Row, row, type Scenario } from '../pairs.ts';

interface Download {
  readonly mebibytes: number;
  readonly clients: number;
  /** Downloads of each client in one measurement. */
  readonly repeats: number;
  readonly gate: Gate;
}

const DOWNLOADS: readonly Download[] = [
  { mebibytes: 256, clients: 1, repeats: 6, gate: { atMost: 1 } },
  { mebibytes: 256, clients: 16, repeats: 1, gate: { atMost: 0.8 } },
  { mebibytes: 1, clients: 1, repeats: 400, gate: {} },
  { mebibytes: 1, clients: 16, repeats: 60, gate: {} },
];

/** Blobs from the page cache over plain HTTP. */
export const blobGet: Scenario = {
  name: 'blob-get',
  async run(pairs) {
    const scratch = scratchDirectory();
    const [ours, peer] = [await startGantry(), await startPeer()];
    try {
      const rows: Row[] = [];
      const digests = new Map<number, string>();
      for (const mebibytes of [256, 1]) {
        const file = makeBlobFile(scratch, `blob-${mebibytes}`, mebibytes << 20);
        digests.set(mebibytes, file.digest);
        for (const contender of [ours, peer]) await pushFile(contender, contender.repository('blobs'), file);
      }
      for (const download of DOWNLOADS) {
        const digest = digests.get(download.mebibytes) ?? '';
        const result = await interleave(
          pairs,
          () => fetchAll(ours, digest, download),
          () => fetchAll(peer, digest, download),
        );
        const what = `blob GET ${download.mebibytes} MiB × ${download.clients}`;
        rows.push(
          row(what, 'CPU s/GB', result, cpuPerGigabyte, download.gate),
          row(what, 'MB/s', result, megabytesPerSecond),
        );
      }
      return rows;
    } finally {
      await ours.stop();
      await peer.stop();
      rmSync(scratch, { recursive: true });
    }
  },
};

async function fetchAll(contender: Contender, digest: string, { clients, repeats }: Download) {
  const repository = contender.repository('blobs');
  const authorization = await contender.authorization(repository);
  const path = `/v2/${repository}/blobs/${digest}`;
  return withUsage(contender, () =>
    dropInKernel('get', contender, authorization, [String(clients), String(repeats), path]),
  );
}
