import { generateKeyPairSync, randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isSignedHs256, isSignedRs256, parseJwt, signHs256, signRs256 } from './jwt.ts';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const MAX = 4096;

test('a signed token is read back, and only its own key accepts it', async () => {
  const text = await signRs256({ kid: 'k', privateKey }, { sub: 'é', exp: 1 });
  const jwt = parseJwt(text, MAX);
  if (jwt === undefined) throw new Error('not parsed');
  expect(jwt.header).toEqual({ alg: 'RS256', kid: 'k', typ: 'JWT' });
  expect(jwt.claims).toEqual({ sub: 'é', exp: 1 });
  expect(isSignedRs256(jwt, publicKey)).toBe(true);
  expect(isSignedRs256(jwt, generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey)).toBe(false);
});

test('a changed claim breaks the signature', async () => {
  const [head = '', , signature = ''] = (await signRs256({ kid: 'k', privateKey }, { sub: 'a' })).split('.');
  const forged = parseJwt(`${head}.${Buffer.from('{"sub":"b"}').toString('base64url')}.${signature}`, MAX);
  expect(forged && isSignedRs256(forged, publicKey)).toBe(false);
});

test('HS256: only the same key accepts it', () => {
  const key = randomBytes(32);
  const jwt = parseJwt(signHs256(key, { a: 1 }), MAX);
  if (jwt === undefined) throw new Error('not parsed');
  expect(isSignedHs256(jwt, key)).toBe(true);
  expect(isSignedHs256(jwt, randomBytes(32))).toBe(false);
  expect(isSignedHs256({ ...jwt, signature: jwt.signature.subarray(1) }, key)).toBe(false);
});

test('whatever is sent is either a token of two objects or refused', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(fc.string().map(base64), { minLength: 3, maxLength: 3 }).map((p) => p.join('.')),
      ),
      (text) => {
        const jwt = parseJwt(text, MAX);
        if (jwt !== undefined) expect([typeof jwt.header, typeof jwt.claims]).toEqual(['object', 'object']);
      },
    ),
  );
  expect(parseJwt(['null', '{}', 'x'].map(base64).join('.'), MAX)).toBeUndefined();
  expect(parseJwt(['[]', '{}', 'x'].map(base64).join('.'), MAX)).toBeUndefined();
  expect(parseJwt(['{}', '{}', 'x'].map(base64).join('.'), MAX)).toBeDefined();
  expect(parseJwt(['{}', '{}', 'x'].map(base64).join('.'), 5)).toBeUndefined();
});

function base64(text: string): string {
  return Buffer.from(text).toString('base64url');
}
