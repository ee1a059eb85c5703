import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDuration, formatSize, parseDuration, parseSize } from './index.ts';

test('durations and sizes have the values that Quay gives them', () => {
  expect(['0s', '90s', '10m', '12h', '2d', '4w'].map(parseDuration)).toEqual([
    0, 90e3, 600e3, 43_200e3, 172_800e3, 2_419_200e3,
  ]);
  expect(['0', '17', '3K', '512M', '20G'].map(parseSize)).toEqual([0, 17, 3072, 512 * 1024 ** 2, 20 * 1024 ** 3]);
});

test.each(['', '5', 's', '-1s', '1.5h', '1y', ' 1s', '1S', '9'.repeat(15) + 'w'])('"%s" is no duration', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

test.each(['', 'G', '-1G', '1.5G', '20g', '20GB', '9'.repeat(16) + 'T'])('"%s" is no size', (text) => {
  expect(parseSize(text)).toBeUndefined();
});

test('what is printed reads back', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 31), (seconds) => {
      expect(parseDuration(formatDuration(seconds * 1000))).toBe(seconds * 1000);
    }),
  );
  fc.assert(
    fc.property(fc.maxSafeNat(), (bytes) => {
      expect(parseSize(formatSize(bytes))).toBe(bytes);
    }),
  );
});

test('what reads is printed as itself or shorter', () => {
  const unit = fc.constantFrom('s', 'm', 'h', 'd', 'w');
  fc.assert(
    fc.property(fc.nat(100_000), unit, (count, suffix) => {
      const text = `${count}${suffix}`;
      const printed = formatDuration(parseDuration(text) ?? -1);
      expect(printed.length).toBeLessThanOrEqual(text.length);
      expect(parseDuration(printed)).toBe(parseDuration(text));
    }),
  );
});
