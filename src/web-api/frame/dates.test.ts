import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rfc2822 } from './dates.ts';

it('writes times as mails have them, in UTC', () => {
  expect(rfc2822(Date.UTC(2026, 10, 21, 13, 41, 51, 999))).toBe('Sat, 21 Nov 2026 13:41:51 -0000');
  expect(rfc2822(0)).toBe('Thu, 01 Jan 1970 00:00:00 -0000');
});

it('writes what reads as the same second', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: Date.UTC(9999, 0) }), (time) => {
      expect(Date.parse(rfc2822(time))).toBe(Math.floor(time / 1000) * 1000);
    }),
  );
});
