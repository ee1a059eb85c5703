import { expect, test } from 'vitest';
import { createSetupGate } from './setup-gate.ts';

const STRANGER = { clientAddress: '203.0.113.9', forwarded: false, setupToken: undefined };
const DENIED = expect.objectContaining({ code: 'DENIED' });

test.each(['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'])('%s is this machine', (clientAddress) => {
  const gate = createSetupGate(false);
  expect(() => gate.check({ ...STRANGER, clientAddress })).not.toThrow();
  expect(() => gate.check({ ...STRANGER, clientAddress, forwarded: true })).toThrow(DENIED);
});

test.each(['203.0.113.9', '10.0.0.1', '::2', '1127.0.0.1', '127.evil.example', ''])('%j is not', (clientAddress) => {
  expect(() => createSetupGate(false).check({ ...STRANGER, clientAddress })).toThrow(DENIED);
});

test('the set-up token opens from anywhere, until it was used', () => {
  const gate = createSetupGate(false);
  const { setupToken } = gate;
  expect(() => gate.check({ ...STRANGER, forwarded: true, setupToken })).not.toThrow();
  expect(() => gate.check({ ...STRANGER, setupToken: `${setupToken}x` })).toThrow(DENIED);
  expect(() => gate.check({ ...STRANGER, setupToken: '' })).toThrow(DENIED);
  gate.close();
  expect(() => gate.check({ ...STRANGER, setupToken })).toThrow(DENIED);
});

test('the token of another process does not open', () => {
  const { setupToken } = createSetupGate(false);
  expect(() => createSetupGate(false).check({ ...STRANGER, setupToken })).toThrow(DENIED);
});

test('FEATURE_USER_INITIALIZE opens to everyone', () => {
  expect(() => createSetupGate(true).check(STRANGER)).not.toThrow();
});
