import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../kernel/clock.ts';
import { isSignedRs256, parseJwt, signRs256 } from './jwt.ts';
import type { IsCredentialAlive } from './credential-alive.ts';
import type { Actor } from './model.ts';
import {
  actorOfClaims,
  contextOfActor,
  type RegistryClaims,
  REGISTRY_CLAIMS,
  subjectOfActor,
} from './registry-claims.ts';
import type { KeyRing } from './service-keys/index.ts';

/** What a token lets its bearer do, at most. */
export interface TokenAccess {
  readonly type: 'repository' | 'registry';
  /** Full repository name, or `catalog`. */
  readonly name: string;
  readonly actions: readonly string[];
}

export interface RegistryGrant {
  readonly actor: Actor;
  readonly access: readonly TokenAccess[];
  /** The instance's own (mirror, scanner): request limits do not apply. Never set for what a client has asked for. */
  readonly internal?: true;
  /** No token of the protocol, but a robot's password for an hour. */
  readonly exchanged?: true;
}

export interface IssuedToken {
  readonly token: string;
  readonly expiresInSeconds: number;
  /** ms since the epoch. */
  readonly issuedAt: number;
}

/** Bearer tokens of the registry API (distribution's token specification, JWT form; claims as Quay's). */
export interface RegistryTokens {
  issue(grant: RegistryGrant): Promise<IssuedToken>;
  /**
   * Who and what a token stands for; undefined when it is not a token of this registry, has run out, or was issued for a credential
   * that has been withdrawn. Whether the user still exists and still may is the caller's question.
   */
  verify(text: string): Promise<RegistryGrant | undefined>;
}

export interface RegistryTokenPorts {
  readonly keys: KeyRing;
  readonly clock: Clock;
  readonly isCredentialAlive: IsCredentialAlive;
  /** INSTANCE_SERVICE_KEY_SERVICE. */
  readonly issuer: string;
  /** SERVER_HOSTNAME. */
  readonly audience: string;
  /** ROBOTS_DISALLOW: what a robot got before it was set is void as well. */
  readonly allowsRobot: (name: string) => boolean;
}

export const TOKEN_LIFETIME_SECONDS = 3600;
export const TOKEN_LEEWAY_SECONDS = 30;
// What Node accepts as all header lines of one request together.
const TOKEN_MAX = 16_384;
const CACHED_TOKENS = 10_000;
const CACHED_CHARACTERS = 8_000_000;

/** The end of a signature, which no two tokens share: far cheaper to look up by than a whole token. */
const KEY_CHARACTERS = 32;

/** After this time a token is verified again, in case its key has gone unheard. */
const RECHECK_MS = 60_000;

interface Verified extends RegistryGrant {
  readonly token: string;
  /** When it expires or is to be verified again, whatever is first. */
  readonly until: number;
}

export function createRegistryTokens(ports: RegistryTokenPorts): RegistryTokens {
  const { keys, clock, issuer, audience } = ports;
  // A client sends the same token with every request, and checking a signature costs more than most answers.
  const verified = new LRUCache<string, Verified>({
    max: CACHED_TOKENS,
    maxSize: CACHED_CHARACTERS,
    sizeCalculation: ({ token }) => token.length,
  });
  keys.onChange(() => verified.clear());

  async function issue(grant: RegistryGrant): Promise<IssuedToken> {
    const issuedAt = clock.now();
    const seconds = Math.floor(issuedAt / 1000);
    const lifetime = lifetimeSeconds(grant.actor, issuedAt);
    const claims: RegistryClaims = {
      iss: issuer,
      aud: audience,
      sub: subjectOfActor(grant.actor),
      nbf: seconds,
      iat: seconds,
      exp: seconds + lifetime,
      jti: randomUUID(),
      access: grant.access,
      context: {
        ...contextOfActor(grant.actor),
        ...(grant.internal === true ? { internal: true } : {}),
        ...(grant.exchanged === true ? { exchanged: true } : {}),
      },
    };
    const token = await signRs256(await keys.signingKey(), claims);
    return { token, expiresInSeconds: lifetime, issuedAt };
  }

  async function verify(text: string): Promise<RegistryGrant | undefined> {
    const known = verified.get(text.slice(-KEY_CHARACTERS));
    const grant = known?.token === text && clock.now() < known.until ? known : await verifyFresh(text);
    if (grant === undefined) return undefined;
    if (grant !== known) verified.set(text.slice(-KEY_CHARACTERS), grant);
    const { actor } = grant;
    if (actor.kind !== 'user' || actor.credential === undefined) return grant;
    return (await ports.isCredentialAlive(actor.credential)) ? grant : undefined;
  }

  async function verifyFresh(text: string): Promise<Verified | undefined> {
    const jwt = parseJwt(text, TOKEN_MAX);
    const { alg, kid, crit } = jwt?.header ?? {};
    if (jwt === undefined || alg !== 'RS256' || typeof kid !== 'string' || crit !== undefined) return undefined;
    const key = await keys.verifyingKey(kid);
    if (key === undefined || !isSignedRs256(jwt, key)) return undefined;
    const claims = REGISTRY_CLAIMS.safeParse(jwt.claims).data;
    if (claims?.iss !== issuer || claims.aud !== audience) return undefined;
    const now = clock.now();
    const expiresAt = (claims.exp + TOKEN_LEEWAY_SECONDS) * 1000;
    const validFrom = (claims.nbf - TOKEN_LEEWAY_SECONDS) * 1000;
    if (now >= expiresAt || now < validFrom) return undefined;
    const actor = actorOfClaims(claims);
    if (actor === undefined || (actor.kind === 'robot' && !ports.allowsRobot(actor.name))) return undefined;
    const grant = { actor, access: claims.access, token: text, until: Math.min(expiresAt, now + RECHECK_MS) };
    if (claims.context.internal === true) return { ...grant, internal: true };
    if (claims.context.exchanged !== true || actor.kind !== 'robot') return grant;
    // Whatever is got by it must not live longer.
    return { ...grant, actor: { ...actor, notAfter: claims.exp * 1000 }, exchanged: true };
  }

  return { issue, verify };
}

/** An hour, or what is left to a robot whose token ends before. */
function lifetimeSeconds(actor: Actor, now: number): number {
  const end = actor.kind === 'robot' ? (actor.notAfter ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
  return Math.max(1, Math.min(TOKEN_LIFETIME_SECONDS, Math.floor((end - now) / 1000)));
}
