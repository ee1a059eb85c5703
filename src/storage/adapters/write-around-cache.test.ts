import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { contentOf } from '../testing/content.ts';
import { nodeFileSystem } from './local-file-system.ts';
import { CACHED_BYTES, writeAroundCache } from './write-around-cache.ts';

const MEBIBYTE = 1024 * 1024;

/** Of the checkout, since the directory for temporary files is often memory, which has no cache to go around. */
const SCRATCH = join(import.meta.dirname, '../../../.cache');
const TMPFS = 0x01021994;

/** Writes all of it, as the upload path does: a file system may take less than it was given. */
function writeAll(files: typeof nodeFileSystem, descriptor: number, data: Uint8Array, position: number): void {
  for (let written = 0; written < data.byteLength;) {
    written += files.write(descriptor, data.subarray(written), position + written);
  }
}

describe('writing around the page cache', () => {
  const files = writeAroundCache(nodeFileSystem);
  let directory: string;
  let path: string;
  beforeEach(() => {
    mkdirSync(SCRATCH, { recursive: true });
    directory = mkdtempSync(join(SCRATCH, 'around-cache-'));
    path = join(directory, 'file');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it.skipIf(statfsSync(import.meta.dirname).type === TMPFS)(
    'leaves the cache to others but for the beginning of a file',
    async () => {
      const content = contentOf(64 * MEBIBYTE, 7);
      const descriptor = files.open(path, 'create');
      for (let position = 0; position < content.byteLength; position += MEBIBYTE / 2) {
        writeAll(files, descriptor, content.subarray(position, position + MEBIBYTE / 2), position);
      }
      await files.sync(descriptor);
      files.close(descriptor);
      const cached = Number(
        execFileSync('fincore', ['--bytes', '--noheadings', '--output', 'RES', path], { encoding: 'utf8' }),
      );
      expect(cached).toBeLessThanOrEqual(CACHED_BYTES);
      expect(readFileSync(path).equals(content)).toBe(true);
    },
  );

  it('writes what any other way would, in pieces of all lengths, over one another and after a truncation', () => {
    const content = contentOf(4 * MEBIBYTE, 8);
    const step = fc.record({
      start: fc.oneof(
        fc.nat(8 * MEBIBYTE),
        fc.nat(64).map((blocks) => blocks * 65_536),
      ),
      length: fc.oneof(fc.integer({ min: 1, max: 2 * MEBIBYTE }), fc.constantFrom(262_144, 524_288, MEBIBYTE)),
      from: fc.nat(MEBIBYTE),
      truncate: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
        const descriptor = files.open(path, 'create');
        let model = Buffer.alloc(0);
        for (const { start, length, from, truncate } of steps) {
          const data = content.subarray(from, from + length);
          if (truncate) {
            files.truncate(descriptor, CACHED_BYTES + start);
            model = Buffer.concat([model, Buffer.alloc(start)]).subarray(0, start);
          }
          writeAll(files, descriptor, data, CACHED_BYTES + start);
          if (model.byteLength < start + data.byteLength) {
            model = Buffer.concat([model, Buffer.alloc(start + data.byteLength - model.byteLength)]);
          }
          model.set(data, start);
        }
        files.close(descriptor);
        const found = readFileSync(path).subarray(CACHED_BYTES);
        files.unlink(path);
        return found.equals(model);
      }),
      { numRuns: 30 },
    );
  });

  it('leaves no descriptor open', () => {
    const before = readdirSync('/proc/self/fd').length;
    const descriptor = files.open(path, 'create');
    writeAll(files, descriptor, contentOf(MEBIBYTE, 9), CACHED_BYTES);
    files.close(descriptor);
    expect(readdirSync('/proc/self/fd')).toHaveLength(before);
  });
});
