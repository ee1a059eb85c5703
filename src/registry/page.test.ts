import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextLink, parsePage } from './page.ts';

const page = (query: string) => parsePage(new URLSearchParams(query));

describe('parsePage', () => {
  it('accepts any number, however large', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 400n }), (n) => {
        expect(Number.isSafeInteger(page(`n=${n}`).size)).toBe(true);
      }),
    );
    expect(page('n=0')).toEqual({ size: 0, after: undefined });
    expect(page('')).toEqual({ size: undefined, after: undefined });
  });

  it.each(['n=abc', 'n=-1', 'n=1.5', 'n=', 'n=%201', 'n=1e3', 'last=a%00b', `last=${'a'.repeat(2000)}`])(
    'refuses %s',
    (query) => {
      expect(() => page(query)).toThrow(expect.objectContaining({ code: 'PAGINATION_INVALID' }));
    },
  );
});

describe('nextLink', () => {
  it('leads back to the same page request', () => {
    fc.assert(
      fc.property(fc.nat(), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 50 }), (n, last) => {
        fc.pre(!last.includes('\0'));
        const match = /^<([^>]+)>; rel="next"$/.exec(nextLink('/v2/a/b/tags/list', { n: String(n), last }));
        const url = new URL(match?.[1] ?? '', 'http://registry.test');
        expect(url.pathname).toBe('/v2/a/b/tags/list');
        expect(parsePage(url.searchParams)).toEqual({ size: n, after: last });
      }),
    );
  });
});
