import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSecretBox } from './secret-box.ts';

const box = await createSecretBox('a key of any shape: 42 ☂');

describe('secret box', () => {
  test('opens what it sealed, for the same purpose only', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (secret, purpose) => {
        const sealed = box.seal(secret, purpose);
        expect(box.open(sealed, purpose)).toBe(Buffer.from(secret).toString());
        expect(() => box.open(sealed, `${purpose}x`)).toThrow(/cannot be decrypted/);
      }),
    );
  });

  test('seals the same secret differently each time', () => {
    expect(box.seal('secret', 'p')).not.toBe(box.seal('secret', 'p'));
  });

  test('refuses a changed or foreign text', () => {
    const sealed = box.seal('secret', 'p');
    const middle = sealed.length >> 1;
    const changed = sealed.slice(0, middle) + (sealed[middle] === 'A' ? 'B' : 'A') + sealed.slice(middle + 1);
    expect(() => box.open(changed, 'p')).toThrow(/cannot be decrypted/);
    expect(() => box.open('v9.AAAA', 'p')).toThrow(/known format/);
    expect(() => box.open('', 'p')).toThrow(/known format/);
  });

  test('another key opens nothing and has another fingerprint', async () => {
    const other = await createSecretBox('another key');
    expect(() => other.open(box.seal('secret', 'p'), 'p')).toThrow(/cannot be decrypted/);
    expect(other.fingerprint).not.toBe(box.fingerprint);
    expect(other.deriveKey('p')).not.toEqual(box.deriveKey('p'));
  });

  test('the same key gives the same fingerprint and derived keys everywhere', async () => {
    const again = await createSecretBox('a key of any shape: 42 ☂');
    expect(again.fingerprint).toBe(box.fingerprint);
    expect(again.deriveKey('p')).toEqual(box.deriveKey('p'));
    expect(again.deriveKey('p')).not.toEqual(again.deriveKey('q'));
    expect(again.open(box.seal('secret', 'p'), 'p')).toBe('secret');
  });

  test('refuses an empty key', async () => {
    await expect(createSecretBox('')).rejects.toThrow(/DATABASE_SECRET_KEY/);
  });
});
