import type { JSONWebKeySet, JWTPayload } from 'jose';
import type { Clock } from '../../kernel/clock.ts';
import { parseJwt } from '../jwt.ts';
import { IssuerFault, type IssuerKeys } from './issuer-keys.ts';
import type { Claims } from './match-identity.ts';

/** Longest token that is looked at, in characters; header lines are not longer. */
export const EXTERNAL_TOKEN_MAX = 16_384;

/** Signatures by public keys of today's strength (RFC 7518 §3.1, RFC 8037); none by a shared secret, and never `none`. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'PS256', 'EdDSA', 'Ed25519'];
/** How far clocks may differ. */
const LEEWAY_SECONDS = 30;

/** @returns the claims, or what is wrong with the token, in words for whoever has it. */
export type VerifyExternalToken = (
  token: string,
  issuer: string,
) => Promise<{ readonly claims: Claims } | { readonly fault: string }>;

/** What a token says, not verified; undefined: it is none. */
export function readClaims(token: string): Claims | undefined {
  return parseJwt(token, EXTERNAL_TOKEN_MAX)?.claims;
}

/** Verifies tokens of OpenID Connect issuers: signature, issuer, and the times (RFC 7519 §4.1; RFC 8725). */
export function createExternalTokenVerifier(ports: {
  readonly keys: IssuerKeys;
  readonly clock: Clock;
}): VerifyExternalToken {
  const { keys, clock } = ports;
  return async (token, issuer) => {
    const jwt = parseJwt(token, EXTERNAL_TOKEN_MAX);
    if (jwt === undefined) return { fault: 'This is not a JSON Web Token' };
    const { alg } = jwt.header;
    // Decided before anything is asked of anybody.
    if (typeof alg !== 'string' || !ALGORITHMS.includes(alg)) {
      return {
        fault: `The signature is of the kind ${JSON.stringify(alg)?.slice(0, 50)}; use ${ALGORITHMS.join(', ')}`,
      };
    }
    // Only who uses federated identities pays for the library.
    const jose = await import('jose');
    const verify = async (set: JSONWebKeySet): Promise<JWTPayload> => {
      const options = {
        algorithms: ALGORITHMS,
        issuer,
        requiredClaims: ['exp'],
        clockTolerance: LEEWAY_SECONDS,
        currentDate: new Date(clock.now()),
      };
      return (await jose.jwtVerify(token, jose.createLocalJWKSet(set), options)).payload;
    };
    try {
      const payload = await verify(await keys.keysOf(issuer)).catch(async (error: unknown) => {
        const renewed = error instanceof jose.errors.JWKSNoMatchingKey ? await keys.renewedKeysOf(issuer) : undefined;
        if (renewed === undefined) throw error;
        return verify(renewed);
      });
      const { iat } = payload;
      if (iat !== undefined && iat > clock.now() / 1000 + LEEWAY_SECONDS) {
        return { fault: 'The token was issued in the future; are the clocks right?' };
      }
      return { claims: payload };
    } catch (error) {
      return { fault: faultOf(error, jose.errors) };
    }
  };
}

function faultOf(error: unknown, errors: typeof import('jose').errors): string {
  if (error instanceof IssuerFault) return error.message;
  if (error instanceof errors.JWTExpired) return 'The token has expired';
  if (error instanceof errors.JWTClaimValidationFailed) return `The claim "${error.claim}" is missing or wrong`;
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'The signature is wrong';
  if (error instanceof errors.JWKSNoMatchingKey) return 'The issuer has no key that the token names';
  if (error instanceof errors.JWKSMultipleMatchingKeys)
    return 'The token names no key ("kid"), and the issuer has several';
  return `The token cannot be verified: ${error instanceof Error ? error.message : String(error)}`;
}
