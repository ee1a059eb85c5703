import { createPublicKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../../kernel/errors.ts';
import { thumbprint } from './key-pair.ts';
import type { PublicJwk } from './model.ts';

const BITS_MIN = 2048;
/** A signature of a longer key costs the more to check, and anybody may send one. */
const BITS_MAX = 8192;

/** Members that only a private key has (RFC 7518 §6.3.2). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

const JWK = z.object({
  kty: z.literal('RSA', { error: 'must be "RSA", the only type of key for RS256' }),
  n: z
    .string()
    .regex(/^[A-Za-z0-9_-]{342,1400}$/, `must be the modulus of ${BITS_MIN} to ${BITS_MAX} bits in base64url`),
  e: z.literal('AQAB', { error: 'must be "AQAB" (65537)' }),
  use: z.literal('sig', { error: 'must be "sig"' }).optional(),
  alg: z.literal('RS256', { error: 'must be "RS256"' }).optional(),
});

/**
 * Reads the public key that a client sends, an RSA key of 2048 to 8192 bits, and writes it in the one form that has a
 * thumbprint. Errors: INVALID_REQUEST.
 */
export function parsePublicJwk(value: unknown): { readonly jwk: PublicJwk; readonly key: KeyObject } {
  if (typeof value === 'object' && value !== null && PRIVATE_MEMBERS.some((name) => Object.hasOwn(value, name))) {
    throw new AppError(
      'INVALID_REQUEST',
      'This is a private key; make a new one, since this one has been shown, and send its public half alone',
    );
  }
  const result = JWK.safeParse(value);
  if (!result.success) {
    const faults = result.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
    throw new AppError('INVALID_REQUEST', `This is no key that can be registered: ${faults.join('; ')}`);
  }
  const { kty, n, e } = result.data;
  const key = readJwk({ kty, n, e });
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < BITS_MIN || bits > BITS_MAX) {
    throw new AppError('INVALID_REQUEST', `The key has ${bits} bits; ${BITS_MIN} to ${BITS_MAX} are accepted`);
  }
  const exported = key.export({ format: 'jwk' });
  return { jwk: { kty, n: exported.n ?? '', e: exported.e ?? '' }, key };
}

/** Errors: INVALID_REQUEST. */
export function readJwk({ kty, n, e }: PublicJwk): KeyObject {
  try {
    return createPublicKey({ key: { kty, n, e }, format: 'jwk' });
  } catch (cause) {
    throw new AppError('INVALID_REQUEST', 'This is no RSA key', { cause });
  }
}

/**
 * Whether a kid is that of the key: nobody can then take a kid that another key needs. Quay writes the thumbprint (RFC 7638)
 * in hex, most libraries in base64url.
 */
export function isKidOf(kid: string, jwk: PublicJwk): boolean {
  return kid === thumbprint(jwk, 'base64url') || kid === thumbprint(jwk, 'hex');
}
