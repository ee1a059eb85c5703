import type { JSONWebKeySet } from 'jose';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { Clock } from '../../kernel/clock.ts';
import type { GuardedFetch } from '../../platform/net/index.ts';

/** The public keys of OpenID Connect issuers, found by discovery (OpenID Connect Discovery 1.0 §4) and remembered. */
export interface IssuerKeys {
  /** Errors: `IssuerFault`. */
  keysOf(issuer: string): Promise<JSONWebKeySet>;
  /** For a key that is not among those: asks again. undefined: that was done a moment ago. Errors: `IssuerFault`. */
  renewedKeysOf(issuer: string): Promise<JSONWebKeySet | undefined>;
}

export interface IssuerRules {
  /** ROBOT_FEDERATION_ALLOW_HTTP. */
  readonly allowHttp: boolean;
}

/** Why the keys of an issuer are not to be had; safe to show to whoever named it. */
export class IssuerFault extends Error {
  override readonly name = 'IssuerFault';
}

/** Keys are asked for again after this time, and believed for this long while the issuer does not answer. */
const FRESH_MS = 10 * 60_000;
const BELIEVED_MS = 3_600_000;
/** An issuer is asked at most this often, whatever strangers send. */
const ASK_EVERY_MS = 30_000;
const ISSUERS_MAX = 500;
const BOUNDS = { timeoutMs: 5000, maxBytes: 256 * 1024, maxRedirects: 2 } as const;

const DISCOVERY = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }).max(2048) });
const KEYS = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(100) });

interface Known {
  readonly keys: JSONWebKeySet;
  readonly fetchedAt: number;
}

export function createIssuerKeys(
  { net, clock }: { readonly net: Pick<GuardedFetch, 'fetch'>; readonly clock: Clock },
  rules: IssuerRules,
): IssuerKeys {
  const known = new LRUCache<string, Known>({ max: ISSUERS_MAX });
  const asked = new LRUCache<string, { readonly at: number; readonly keys: Promise<JSONWebKeySet> }>({
    max: ISSUERS_MAX,
  });

  async function ask(issuer: string): Promise<JSONWebKeySet> {
    const found = await askAddress(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, DISCOVERY);
    if (found.issuer !== issuer) {
      throw new IssuerFault(`"${issuer}" calls itself "${found.issuer.slice(0, 200)}"; name it exactly so`);
    }
    const keys = (await askAddress(found.jwks_uri, KEYS)) as JSONWebKeySet;
    known.set(issuer, { keys, fetchedAt: clock.now() });
    return keys;
  }

  async function askAddress<T>(address: string, schema: z.ZodType<T>): Promise<T> {
    const fault = issuerAddressFault(address, rules);
    if (fault !== undefined) throw new IssuerFault(fault);
    try {
      const answer = await net.fetch(address, { ...BOUNDS, headers: { Accept: 'application/json' } });
      if (answer.status !== 200) throw new Error(`it answered with the status ${answer.status}`);
      return schema.parse(await answer.json());
    } catch (error) {
      const reason = error instanceof z.ZodError ? 'the answer is not what OpenID Connect says' : messageOf(error);
      throw new IssuerFault(`"${address.slice(0, 300)}" cannot be read: ${reason}`, { cause: error });
    }
  }

  /** Asks, unless that was done a moment ago: then the answer is the one of that time. */
  function askRarely(issuer: string): Promise<JSONWebKeySet> {
    const last = asked.get(issuer);
    if (last !== undefined && last.at + ASK_EVERY_MS > clock.now()) return last.keys;
    const keys = ask(issuer);
    asked.set(issuer, { at: clock.now(), keys });
    return keys;
  }

  return {
    async keysOf(issuer) {
      const found = known.get(issuer);
      const ageMs = clock.now() - (found?.fetchedAt ?? 0);
      if (found !== undefined && ageMs < FRESH_MS) return found.keys;
      try {
        return await askRarely(issuer);
      } catch (error) {
        if (found !== undefined && ageMs < BELIEVED_MS) return found.keys;
        throw error;
      }
    },
    async renewedKeysOf(issuer) {
      const last = asked.get(issuer);
      return last !== undefined && last.at + ASK_EVERY_MS > clock.now() ? undefined : askRarely(issuer);
    },
  };
}

/** What is wrong with the address of an issuer or of its keys, without asking it; undefined: nothing. */
export function issuerAddressFault(address: string, { allowHttp }: IssuerRules): string | undefined {
  const url = URL.parse(address);
  if (url === null || url.username !== '' || url.password !== '' || url.hash !== '') {
    return `"${address.slice(0, 200)}" is not the address of an issuer; write one like "https://gitlab.example.com"`;
  }
  if (url.protocol === 'https:' || (url.protocol === 'http:' && allowHttp)) return undefined;
  return `"${address.slice(0, 200)}" is not reached over TLS; use https (an operator can allow http by ROBOT_FEDERATION_ALLOW_HTTP)`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
