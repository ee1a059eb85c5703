import { hash, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../../kernel/errors.ts';
import { isSignedRs256, parseJwt, type ParsedJwt } from '../jwt.ts';

/** What the clocks of services may differ by, in seconds. */
const LEEWAY_SECONDS = 60;
/** The farthest that a token may be from its end, in seconds: whoever gets hold of one has no more time than that. */
const LIFETIME_MAX_SECONDS = 3600;
const TOKEN_MAX = 16_384;
const BEARER = /^Bearer +([^ ]+) *$/i;

const CLAIMS = z.object({
  iss: z.string(),
  aud: z.union([z.string(), z.array(z.string()).max(16)]),
  exp: z.number(),
  nbf: z.number().optional(),
  iat: z.number().optional(),
});

/** The JSON Web Token by which a service asks for a change of its keys; taken apart, not yet believed. */
export interface KeyToken {
  readonly jwt: ParsedJwt;
  /** Which key it says it is signed with; undefined: the one that is sent. */
  readonly signerKid: string | undefined;
}

/** @param authorization the header of that name. Errors: INVALID_REQUEST when there is no token in it. */
export function parseKeyToken(authorization: string | undefined): KeyToken {
  const text = BEARER.exec(authorization ?? '')?.[1];
  const jwt = text === undefined ? undefined : parseJwt(text, TOKEN_MAX);
  if (jwt === undefined) {
    throw new AppError(
      'INVALID_REQUEST',
      'A change of keys needs "Authorization: Bearer" with a token signed by the key',
    );
  }
  const { kid } = jwt.header;
  if (kid !== undefined && kid !== null && typeof kid !== 'string') {
    throw new AppError('INVALID_REQUEST', 'The "kid" of the token is no text');
  }
  return { jwt, signerKid: kid === undefined || kid === null || kid === '' ? undefined : kid };
}

/** What a token must be to be believed. */
export interface TokenDemands {
  readonly key: KeyObject;
  /** The issuer. */
  readonly service: string;
  /** This registry, by each of its names. */
  readonly audiences: readonly string[];
  /** ms since the epoch. */
  readonly now: number;
}

/**
 * Believes a token: RS256 by the key and by nothing else, of the service, for this registry, in its time.
 * @returns by what it is known when it comes again, and until when (ms) it could. Errors: DENIED.
 */
export function checkKeyToken(
  { jwt }: KeyToken,
  { key, service, audiences, now }: TokenDemands,
): { readonly digest: string; readonly until: number } {
  const { alg, crit } = jwt.header;
  if (alg !== 'RS256' || crit !== undefined) throw refused('its algorithm must be RS256, without extensions');
  if (!isSignedRs256(jwt, key)) throw refused('its signature is not by the key that it names');
  const claims = CLAIMS.safeParse(jwt.claims).data;
  if (claims === undefined) throw refused('it must have the claims "iss", "aud" and "exp"');
  if (claims.iss !== service) throw refused(`its issuer must be the service, "${service}"`);
  const named = typeof claims.aud === 'string' ? [claims.aud] : claims.aud;
  if (!named.some((audience) => audiences.includes(audience))) {
    throw refused(`its audience must be this registry: ${audiences.join(' or ')}`);
  }
  const seconds = now / 1000;
  if (claims.exp + LEEWAY_SECONDS <= seconds) throw refused('it has expired');
  if (claims.exp > seconds + LIFETIME_MAX_SECONDS + LEEWAY_SECONDS) {
    throw refused(`it must expire within ${LIFETIME_MAX_SECONDS} seconds`);
  }
  if (Math.max(claims.nbf ?? 0, claims.iat ?? 0) > seconds + LEEWAY_SECONDS) throw refused('its time has not come yet');
  // Of a signature there can be several spellings; of what is signed there is one.
  return { digest: hash('sha256', jwt.signedPart, 'hex'), until: Math.ceil((claims.exp + LEEWAY_SECONDS) * 1000) };
}

function refused(why: string): AppError {
  return new AppError('DENIED', `The token is not accepted: ${why}`);
}
