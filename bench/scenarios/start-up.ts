import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Contender, startGantry, startPeer, type StartOptions } from '../contender.ts';
import { largeDatabase } from '../large-database.ts';
import { judge, number, type Row, type Scenario } from '../pairs.ts';
import { residentMiB } from '../process-usage.ts';
import { spreadPercent, type Summary, summarize } from '../statistics.ts';

const READY_MS = 1000;
const IDLE_MIB = 150;
/** How long a server is left alone before its idle memory is read. */
const SETTLE_MS = 5000;

/** From exec to the first 200 of the readiness address, and the memory of a server that nobody uses. */
export const startUp: Scenario = {
  name: 'start-up',
  async run(pairs) {
    const home = mkdtempSync(join(tmpdir(), 'gantry-start-'));
    try {
      const large = join(home, 'large');
      await largeDatabase(large);
      const empty = await starts(pairs, startGantry);
      const peer = await starts(pairs, startPeer);
      const filled = await starts(pairs, () => startGantry({ dataDirectory: large, fresh: false }));
      return [
        startRow('start on an empty database, ms', empty.start, peer.start),
        startRow('start on a 1 GB database, ms', filled.start),
        idleRow('idle memory, empty database, MiB', empty.idle, peer.idle),
        idleRow('idle memory, 1 GB database, MiB', filled.idle),
      ];
    } finally {
      rmSync(home, { recursive: true });
    }
  },
};

async function starts(times: number, start: (options?: StartOptions) => Promise<Contender>) {
  const milliseconds: number[] = [];
  const resident: number[] = [];
  for (let i = 0; i < times; i++) {
    const contender = await start();
    milliseconds.push(contender.startMilliseconds);
    if (i < 3) {
      await pause(SETTLE_MS);
      resident.push(residentMiB(contender.pid));
    }
    await contender.stop();
  }
  return { start: summarize(milliseconds), idle: summarize(resident) };
}

function startRow(what: string, ours: Summary, peer?: Summary): Row {
  return absoluteRow(what, ours, peer, judge(ours.median, { atMost: READY_MS }, ' ms'));
}

function idleRow(what: string, ours: Summary, peer?: Summary): Row {
  return absoluteRow(what, ours, peer, judge(ours.median, { atMost: IDLE_MIB }, ' MiB'));
}

function absoluteRow(what: string, ours: Summary, peer: Summary | undefined, gate: Pick<Row, 'gate' | 'pass'>): Row {
  return {
    what,
    ours: number(ours.median),
    peer: peer === undefined ? '–' : number(peer.median),
    ratio: peer === undefined ? '–' : `${number(ours.median / peer.median)}×`,
    spread: `±${Math.round(spreadPercent(ours))} %`,
    ...gate,
  };
}
