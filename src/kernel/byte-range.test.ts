import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseByteRanges } from './byte-range.ts';

const parts = (...ranges: [number, number][]) => ({
  kind: 'parts',
  ranges: ranges.map(([first, last]) => ({ first, last })),
});

describe('parseByteRanges', () => {
  it.each([
    ['bytes=0-0', parts([0, 0])],
    ['bytes=500-', parts([500, 999])],
    ['bytes=-500', parts([500, 999])],
    ['bytes=-5000', parts([0, 999])],
    ['bytes=900-5000', parts([900, 999])],
    ['Bytes=1-2', parts([1, 2])],
    ['bytes=0-1, 5-6,,-1', parts([0, 1], [5, 6], [999, 999])],
    ['bytes=5-6,0-1', parts([5, 6], [0, 1])],
    ['bytes=0-9,5-20,21-30', parts([0, 30])],
    ['bytes=0-1,9-10,2-8', parts([0, 10])],
    ['bytes=0-1,2000-3000', parts([0, 1])],
    ['bytes=1000-', { kind: 'unsatisfiable' }],
    ['bytes=2000-3000,-0', { kind: 'unsatisfiable' }],
    ['bytes=', { kind: 'whole' }],
    ['bytes=5-1', { kind: 'whole' }],
    ['bytes=-', { kind: 'whole' }],
    ['bytes=a-b', { kind: 'whole' }],
    ['bytes=0-1;5-6', { kind: 'whole' }],
    ['lines=0-1', { kind: 'whole' }],
    [`bytes=${'0-0,'.repeat(65)}`, { kind: 'whole' }],
    [undefined, { kind: 'whole' }],
  ])('%s of 1000 bytes', (header, expected) => {
    expect(parseByteRanges(header, 1000)).toEqual(expected);
  });

  it('has nothing to give from empty content', () => {
    expect(parseByteRanges('bytes=0-', 0)).toEqual({ kind: 'unsatisfiable' });
    expect(parseByteRanges('bytes=-1', 0)).toEqual({ kind: 'unsatisfiable' });
  });

  it('gives exactly the bytes asked for, each once', () => {
    const spec = fc.tuple(fc.nat(60), fc.nat(60)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
    fc.assert(
      fc.property(fc.array(spec, { minLength: 1, maxLength: 10 }), fc.integer({ min: 1, max: 50 }), (specs, size) => {
        const header = `bytes=${specs.map(([a, b]) => `${a}-${b}`).join(',')}`;
        const wanted = new Set<number>();
        for (const [a, b] of specs) for (let at = a; at <= Math.min(b, size - 1); at++) wanted.add(at);
        const request = parseByteRanges(header, size);
        const given: number[] = [];
        if (request.kind === 'parts') {
          for (const { first, last } of request.ranges) for (let at = first; at <= last; at++) given.push(at);
        }
        expect(given.toSorted((a, b) => a - b)).toEqual([...wanted].toSorted((a, b) => a - b));
        expect(request.kind).toBe(wanted.size === 0 ? 'unsatisfiable' : 'parts');
      }),
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `bytes=${text}`),
        ),
        fc.nat(),
        (header, size) => {
          parseByteRanges(header, size);
        },
      ),
    );
  });
});
