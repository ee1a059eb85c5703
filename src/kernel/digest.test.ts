import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { DIGEST_ALGORITHMS, digestAlgorithm, digestHex, digestOf, parseDigest } from './digest.ts';

const algorithm = fc.constantFrom(...DIGEST_ALGORITHMS);

describe('digests', () => {
  test('of any content survive parsing, and come apart into their halves', () => {
    fc.assert(
      fc.property(algorithm, fc.uint8Array(), (name, content) => {
        const hex = createHash(name).update(content).digest('hex');
        const digest = digestOf(name, hex);
        expect(parseDigest(digest)).toBe(digest);
        expect([digestAlgorithm(digest), digestHex(digest)]).toEqual([name, hex]);
      }),
    );
  });

  test('with any one character changed are refused, or differ', () => {
    fc.assert(
      fc.property(algorithm, fc.nat(), fc.string({ minLength: 1, maxLength: 2 }), (name, place, other) => {
        const digest = digestOf(name, createHash(name).digest('hex'));
        const at = place % digest.length;
        const changed = digest.slice(0, at) + other + digest.slice(at + 1);
        const parsed = parseDigest(changed);
        if (parsed === undefined) return;
        expect(changed).toMatch(/^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/);
        expect(parsed).toBe(changed);
      }),
    );
  });

  test('are nothing but the grammar', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseDigest(text) === undefined || /^sha(?:256|512):[0-9a-f]+$/.test(text)).toBe(true);
      }),
    );
  });

  test.each([
    ['', 'empty'],
    [`sha256:${'a'.repeat(63)}`, 'short'],
    [`sha256:${'a'.repeat(65)}`, 'long'],
    [`sha256:${'A'.repeat(64)}`, 'upper case'],
    [`sha256:${'a'.repeat(64)}\n`, 'line end'],
    [`SHA256:${'a'.repeat(64)}`, 'upper-case algorithm'],
    [`sha384:${'a'.repeat(96)}`, 'unknown algorithm'],
    [`sha512:${'a'.repeat(64)}`, 'length of another algorithm'],
    [`sha256 ${'a'.repeat(64)}`, 'no colon'],
    [`constructor:${'a'.repeat(64)}`, 'name of an inherited property'],
  ])('%s is none (%s)', (text) => {
    expect(parseDigest(text)).toBeUndefined();
  });

  test('cannot be built of halves that do not fit', () => {
    expect(() => digestOf('sha512', 'a'.repeat(64))).toThrow('sha512');
  });
});
