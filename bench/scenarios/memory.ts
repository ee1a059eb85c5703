import { rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { type Contender, startGantry, startPeer } from '../contender.ts';
import { dropInKernel, makeBlobFile, pushFile, scratchDirectory } from '../load.ts';
import { judge, number, type Row, type Scenario } from '../pairs.ts';
import { residentMiB, resetPeak } from '../process-usage.ts';
import { spreadPercent, summarize } from '../statistics.ts';

const PUSHES = 16;
const STALLED = 50;
const LIMIT_MIB = 250;
/** Each round writes 16 GiB. */
const ROUNDS = 3;

/** The highest memory while 16 clients push 1 GiB each and 50 others have stopped reading in the middle of a blob. */
export const memory: Scenario = {
  name: 'memory',
  async run(pairs) {
    const scratch = scratchDirectory();
    try {
      const files = Array.from({ length: PUSHES }, (_, index) => makeBlobFile(scratch, `large-${index}`, 1 << 30));
      const read = makeBlobFile(scratch, 'read', 256 << 20);
      const peak = async (contender: Contender): Promise<number> => {
        try {
          const repository = contender.repository('memory');
          await pushFile(contender, repository, read);
          const authorization = await contender.authorization(repository);
          const readers = Array.from({ length: STALLED }, () =>
            stall(contender, `/v2/${repository}/blobs/${read.digest}`, authorization),
          );
          const sockets = await Promise.all(readers);
          resetPeak(contender.pid);
          const named = files.flatMap(({ path, digest }) => [path, digest]);
          await dropInKernel('put', contender, authorization, [`/v2/${repository}/blobs/uploads/`, ...named]);
          for (const socket of sockets) socket.destroy();
          return residentMiB(contender.pid, 'VmHWM');
        } finally {
          await contender.stop();
        }
      };
      const ours: number[] = [];
      const peer: number[] = [];
      for (let round = 0; round < Math.min(pairs, ROUNDS); round++) {
        ours.push(await peak(await startGantry()));
        peer.push(await peak(await startPeer()));
      }
      return [peakRow(ours, peer)];
    } finally {
      rmSync(scratch, { recursive: true });
    }
  },
};

/** Asks for the blob and stops reading after the first bytes. */
function stall(contender: Contender, path: string, authorization: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(contender.port, '127.0.0.1');
    const header = authorization === '-' ? '' : `Authorization: ${authorization}\r\n`;
    socket.write(`GET ${path} HTTP/1.1\r\nHost: bench\r\n${header}\r\n`);
    socket.on('error', reject);
    socket.once('readable', () => {
      const head = String(socket.read(12) ?? '');
      if (head.includes(' 200')) resolve(socket);
      else reject(new Error(`a reader was answered "${head}"`));
    });
  });
}

function peakRow(ours: readonly number[], peer: readonly number[]): Row {
  const [mine, theirs] = [summarize(ours), summarize(peer)];
  return {
    what: `peak memory, ${PUSHES} × 1 GiB pushes and ${STALLED} stalled readers, MiB`,
    ours: number(mine.median),
    peer: number(theirs.median),
    ratio: `${number(mine.median / theirs.median)}×`,
    spread: `±${Math.round(spreadPercent(mine))} %`,
    ...judge(mine.median, { atMost: LIMIT_MIB }, ' MiB'),
  };
}
