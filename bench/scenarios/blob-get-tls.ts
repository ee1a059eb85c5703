import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificates } from '../../test/support/certificates.ts';
import { type Contender, startGantry, startPeer } from '../contender.ts';
import { downloadOverTls, scratchDirectory, withUsage } from '../load.ts';
import { cpuPerGigabyte, type Gate, interleave, megabytesPerSecond, type Row, row, type Scenario } from '../pairs.ts';

const BYTES = 256 << 20;

const DOWNLOADS: readonly { readonly clients: number; readonly repeats: number; readonly gate: Gate }[] = [
  { clients: 1, repeats: 6, gate: { atMost: 0.9 } },
  { clients: 8, repeats: 1, gate: { atMost: 0.9 } },
];

/** Blobs from the page cache over TLS 1.3 and HTTP/1.1; both sides with the same certificate and cipher. */
export const blobGetTls: Scenario = {
  name: 'blob-get-tls',
  async run(pairs) {
    const scratch = scratchDirectory();
    const tls = makeCertificates();
    const authority = join(scratch, 'authority.pem');
    writeFileSync(authority, tls.authority);
    const [ours, peer] = [await startGantry({ tls }), await startPeer({ tls })];
    try {
      const blob = randomBytes(BYTES);
      const digests = new Map<Contender, string>();
      for (const contender of [ours, peer]) {
        digests.set(contender, await contender.client.pushBlob(contender.repository('blobs'), blob));
      }
      const rows: Row[] = [];
      for (const { clients, repeats, gate } of DOWNLOADS) {
        const fetchAll = async (contender: Contender) => {
          const repository = contender.repository('blobs');
          const authorization = await contender.authorization(repository);
          const path = `/v2/${repository}/blobs/${digests.get(contender) ?? ''}`;
          return withUsage(contender, () =>
            downloadOverTls(contender, { path, authorization, authority, clients, repeats, bytes: BYTES }),
          );
        };
        const result = await interleave(
          pairs,
          () => fetchAll(ours),
          () => fetchAll(peer),
        );
        const what = `blob GET over TLS 1.3, 256 MiB × ${clients}`;
        rows.push(row(what, 'CPU s/GB', result, cpuPerGigabyte, gate), row(what, 'MB/s', result, megabytesPerSecond));
      }
      return rows;
    } finally {
      await ours.stop();
      await peer.stop();
      rmSync(scratch, { recursive: true });
    }
  },
};
