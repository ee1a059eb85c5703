import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { createFakeClock } from '../../../test/support/fake-clock.ts';
import { createLogTally } from './log-tally.ts';
import { openRotatingFile } from './rotating-file.ts';

const home = mkdtempSync(join(tmpdir(), 'gantry-log-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

let made = 0;
function open(options: { maxBytes?: number; keep?: number; path?: string } = {}) {
  const path = options.path ?? join(home, `${++made}`, 'gantry.log');
  const clock = createFakeClock();
  const tally = createLogTally();
  const file = openRotatingFile({ path, maxBytes: options.maxBytes ?? 1000, keep: options.keep ?? 2, clock, tally });
  return { path, clock, tally, file, text: () => readFileSync(path, 'utf8') };
}

describe('a log file', () => {
  test('is put aside at its size, and only so many are kept', () => {
    const { path, file, tally } = open({ maxBytes: 100, keep: 2 });
    for (let number = 0; number < 50; number++) file.write(`line ${String(number).padStart(14, '0')}\n`);
    const contents = [path, `${path}.1`, `${path}.2`].map((name) => readFileSync(name, 'utf8'));
    expect(contents.map((text) => text.length)).toEqual([100, 100, 100]);
    expect(contents[0]).toMatch(/0049\n$/);
    expect(contents[2]).toMatch(/^line 00000000000035\n/);
    expect(existsSync(`${path}.3`)).toBe(false);
    expect(tally.lost).toBe(0);
  });

  test('holds the newest lines, whole and in order, and never takes more than it may', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string({ maxLength: 60 }).map((text) => `${text.replaceAll('\n', ' ')}\n`),
          { maxLength: 60 },
        ),
        fc.integer({ min: 0, max: 3 }),
        (lines, keep) => {
          const { path, file } = open({ maxBytes: 200, keep });
          for (const line of lines) file.write(line);
          file.close();
          const names = [...Array(keep + 1).keys()].map((number) => (number === 0 ? path : `${path}.${number}`));
          const found = names.filter((name) => existsSync(name)).toReversed();
          expect(readdirSync(join(path, '..')).length).toBe(found.length);
          for (const name of found) expect(statSync(name).size).toBeLessThanOrEqual(200);
          const kept = found.map((name) => readFileSync(name, 'utf8')).join('');
          expect(lines.join('').endsWith(kept)).toBe(true);
          expect(kept === '').toBe(lines.length === 0);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('goes on where the last process ended, after half a line with a new one', () => {
    const { path, file, text } = open();
    file.write('whole\n');
    file.close();
    writeFileSync(path, `${text()}ha`);
    open({ path }).file.write('next\n');
    expect(text()).toBe('whole\nha\nnext\n');
  });

  test('is made again when it, or its directory, is gone', () => {
    const { path, file, clock, text, tally } = open();
    file.write('first\n');
    rmSync(join(path, '..'), { recursive: true });
    clock.advance(1000);
    file.write('second\n');
    expect(text()).toBe('second\n');
    expect(tally.lost).toBe(0);
  });

  test('follows who moves it away: at once when told to, else within a second', () => {
    const { path, file, clock, text } = open();
    file.write('first\n');
    renameSync(path, `${path}.moved`);
    file.reopen();
    file.write('second\n');
    expect(text()).toBe('second\n');
    renameSync(path, `${path}.moved`);
    clock.advance(1000);
    file.write('third\n');
    expect(text()).toBe('third\n');
  });

  test('that cannot be written stops nobody: lines are counted, and it is tried again', () => {
    const blocked = join(home, 'blocked');
    writeFileSync(blocked, '');
    const { path, file, clock, tally, text } = open({ path: join(blocked, 'gantry.log') });
    for (let number = 0; number < 10; number++) file.write('lost\n');
    expect(tally.lost).toBe(10);
    rmSync(blocked);
    file.write('lost within the same second\n');
    clock.advance(1000);
    file.write('kept\n');
    expect(path && text()).toBe('kept\n');
    expect(tally.lost).toBe(11);
  });

  test('on a full disk stops nobody', () => {
    const { file, clock, tally } = open({ path: '/dev/full' });
    for (let number = 0; number < 3; number++) {
      file.write('lost\n');
      clock.advance(1000);
    }
    expect(tally.lost).toBe(3);
  });

  test('is emptied where it cannot be put aside', () => {
    const { path, file } = open({ maxBytes: 100, keep: 1 });
    // A file cannot take the place of a directory.
    mkdirSync(`${path}.1`);
    for (let number = 0; number < 50; number++) file.write('123456789\n');
    expect(statSync(path).size).toBeLessThanOrEqual(100);
  });

  test('is for its owner and group', () => {
    expect(statSync(open().path).mode & 0o777 & ~0o640).toBe(0);
  });
});
