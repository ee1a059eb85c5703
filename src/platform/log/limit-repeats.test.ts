import { describe, expect, test } from 'vitest';
import { createFakeClock } from '../../../test/support/fake-clock.ts';
import { createLogger } from './create-logger.ts';
import { createRepeatLimit, type LeftOut } from './limit-repeats.ts';
import { createLogTally } from './log-tally.ts';

function limited() {
  const clock = createFakeClock();
  const tally = createLogTally();
  const reports: LeftOut[] = [];
  const limit = createRepeatLimit(clock, tally, (leftOut) => reports.push(leftOut));
  const lines: string[] = [];
  const log = createLogger({ level: 'info', destination: { write: (line) => void lines.push(line) }, repeats: limit });
  return { clock, tally, reports, lines, log };
}

describe('a fault that hits every request', () => {
  test('fills no disk, and how often it came is told', () => {
    const { clock, tally, reports, lines, log } = limited();
    for (let request = 0; request < 5000; request++) log.child({ request }).error({ err: new Error('down') }, 'failed');
    log.warn('something else');
    expect(lines).toHaveLength(101);
    expect(lines.at(-1)).toContain('something else');
    expect(tally.repeated).toBe(4900);
    clock.advance(10_000);
    expect(reports).toEqual([{ message: 'failed', count: 4900 }]);
    log.error('failed');
    expect(lines).toHaveLength(102);
  });

  test('does not get past the limit by other words each time', () => {
    const { clock, reports, lines, log } = limited();
    for (let number = 0; number < 5000; number++) log.warn(`strange thing ${number}`);
    expect(lines.length).toBeLessThanOrEqual(1000);
    clock.advance(10_000);
    expect(reports.reduce((sum, { count }) => sum + count, 0)).toBe(5000 - lines.length);
    expect(reports.length).toBeLessThanOrEqual(501);
  });

  test('leaves what is no fault alone', () => {
    const { lines, log } = limited();
    for (let number = 0; number < 5000; number++) log.info('request');
    expect(lines).toHaveLength(5000);
  });
});
