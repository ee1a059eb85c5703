import { randomBytes } from 'node:crypto';
import { makeImage, MANIFEST_TYPE } from '../../test/support/clients.ts';
import { type Contender, startGantry, startPeer } from '../contender.ts';
import { requestLoad, withUsage } from '../load.ts';
import { interleave, perCpuSecond, perSecond, type Row, row, type Scenario } from '../pairs.ts';

const CONNECTIONS = 64;
const SECONDS = 3;

/** Small requests: a manifest by digest and by tag over kept-alive connections. */
export const manifestGet: Scenario = {
  name: 'manifest-get',
  async run(pairs) {
    const [ours, peer] = [await startGantry(), await startPeer()];
    try {
      // About 2 KiB, as most manifests are.
      const image = makeImage(Array.from({ length: 8 }, () => randomBytes(100)));
      for (const contender of [ours, peer])
        await contender.client.pushImage(contender.repository('manifests'), 'v1', image);
      const rows: Row[] = [];
      for (const [label, reference] of [
        ['digest', image.digest],
        ['tag', 'v1'],
      ] as const) {
        const result = await interleave(
          pairs,
          () => load(ours, reference),
          () => load(peer, reference),
        );
        rows.push(
          row(`manifest GET by ${label}`, 'requests per CPU second', result, perCpuSecond, { atLeast: 20 }),
          row(`manifest GET by ${label}`, 'requests/s', result, perSecond),
          row(`manifest GET by ${label}`, 'p99 ms', result, (measured) => measured.p99 ?? Number.NaN, { atMost: 1 }),
        );
      }
      return rows;
    } finally {
      await ours.stop();
      await peer.stop();
    }
  },
};

async function load(contender: Contender, reference: string) {
  const repository = contender.repository('manifests');
  const authorization = await contender.authorization(repository);
  const headers = [`Accept: ${MANIFEST_TYPE}`, ...(authorization === '-' ? [] : [`Authorization: ${authorization}`])];
  const path = `/v2/${repository}/manifests/${reference}`;
  return withUsage(contender, () =>
    requestLoad(contender, { path, headers, connections: CONNECTIONS, seconds: SECONDS }),
  );
}
