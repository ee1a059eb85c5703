import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { LookupFunction } from 'node:net';
import { getCACertificates } from 'node:tls';
import { AppError } from '../../kernel/errors.ts';
import type { AddressPolicy } from './address-policy.ts';

/** Finds all addresses of a host name. */
export type ResolveHost = (host: string, callback: (error: Error | null, addresses: LookupAddress[]) => void) => void;

/** The resolver of the operating system. */
export const resolveHost: ResolveHost = (host, callback) => systemLookup(host, { all: true }, callback);

/** The setting that a refusal names. */
export const ALLOWING_SETTING = 'SSRF_ALLOWED_HOSTS';

export function refusal(host: string, address?: string): AppError {
  const what = address === undefined ? `"${host}"` : `"${host}" at ${address}`;
  const message = `Cannot connect to ${what} because it is not a public address; an operator can add it to ${ALLOWING_SETTING}`;
  return new AppError('ADDRESS_NOT_ALLOWED', message, { detail: { host, setting: ALLOWING_SETTING } });
}

/** Connection pools by scheme. */
export interface GuardedAgents {
  readonly 'http:': HttpAgent;
  readonly 'https:': HttpsAgent;
}

/**
 * Makes connection pools that refuse after the name was looked up, so that a name which answers with another address at the
 * second time gains nothing. Addresses written as such are not looked up: check them before.
 * @param authorities certificates in PEM, trusted besides the built-in ones.
 */
export function createGuardedAgents(
  policy: AddressPolicy,
  resolve: ResolveHost,
  authorities: readonly string[],
): GuardedAgents {
  const lookup = guardedLookup(policy, resolve);
  const pool = { keepAlive: true, maxSockets: 64, maxFreeSockets: 8, lookup };
  const ca = authorities.length === 0 ? {} : { ca: [...getCACertificates('default'), ...authorities] };
  return { 'http:': new HttpAgent(pool), 'https:': new HttpsAgent({ ...pool, ...ca }) };
}

function guardedLookup(policy: AddressPolicy, resolve: ResolveHost): LookupFunction {
  return (host, options, callback) => {
    resolve(host, (error, addresses) => {
      if (error !== null) return callback(error, []);
      const denied = policy.allowsName(host)
        ? undefined
        : addresses.find(({ address }) => !policy.allowsAddress(address));
      const first = addresses[0];
      if (denied !== undefined) return callback(refusal(host, denied.address), []);
      if (first === undefined) return callback(new Error(`The name "${host}" has no address`), []);
      return options.all === true ? callback(null, addresses) : callback(null, first.address, first.family);
    });
  };
}
