import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createVerifiedSecrets } from './verified-secrets.ts';

let now = 1000;
const clock = { now: () => now, after: () => () => undefined };

test('knows a remembered secret for a minute', () => {
  const secrets = createVerifiedSecrets(clock);
  secrets.remember('1:1', 'right');
  now += 59_000;
  expect(secrets.has('1:1', 'right')).toBe(true);
  now += 1_001;
  expect(secrets.has('1:1', 'right')).toBe(false);
});

test('knows no other secret and no other owner', () => {
  const secrets = createVerifiedSecrets(clock);
  secrets.remember('1:1', 'right');
  fc.assert(
    fc.property(fc.string(), fc.string(), (owner, secret) => {
      expect(secrets.has(owner, secret)).toBe(owner === '1:1' && secret === 'right');
    }),
  );
  expect(secrets.has('1:', '1right')).toBe(false);
  expect(secrets.has('1:2', 'right')).toBe(false);
});

test('holds a bounded number', () => {
  const secrets = createVerifiedSecrets(clock, { max: 2 });
  for (const secret of ['a', 'b', 'c']) secrets.remember('1:1', secret);
  expect(['a', 'b', 'c'].map((secret) => secrets.has('1:1', secret))).toEqual([false, true, true]);
});
