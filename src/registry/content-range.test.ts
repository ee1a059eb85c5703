import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatUploadRange, parseContentRange } from './content-range.ts';

describe('parseContentRange', () => {
  it('reads every way of writing a range', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (first, more) => {
        const last = first + more;
        const range = { first, last };
        for (const text of [
          `${first}-${last}`,
          `bytes ${first}-${last}/*`,
          `bytes=${first}-${last}`,
          ` ${first}-${last} `,
        ]) {
          expect(parseContentRange(text)).toEqual(range);
        }
        if (more > 0) expect(parseContentRange(`${last}-${first}`)).toBeUndefined();
      }),
    );
  });

  it('gives nothing for anything else', () => {
    for (const text of ['', '-', '5', '5-', '-5', 'a-b', '1-2-3', '0x1-2', '1.0-2', '-1-2', '1-99999999999999999999']) {
      expect(parseContentRange(text)).toBeUndefined();
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        const range = parseContentRange(text);
        if (range !== undefined) expect(range.first).toBeLessThanOrEqual(range.last);
      }),
    );
  });
});

describe('formatUploadRange', () => {
  it('names the last stored byte', () => {
    expect([0, 1, 1000].map(formatUploadRange)).toEqual(['0-0', '0-0', '0-999']);
  });
});
