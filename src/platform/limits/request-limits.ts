import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import type { RequestContext, RequestHandler } from '../http/index.ts';
import { addressKey } from './address-key.ts';
import { Buckets } from './buckets.ts';

export type RequestWeight = 'very-light' | 'light' | 'heavy';

/** What a request asks for, as far as its address tells. */
export interface WeighedRequest {
  readonly weight: RequestWeight;
  /** The namespace of the repository it is about. */
  readonly namespace?: string | undefined;
  /** Whether it asks for a registry token. */
  readonly token?: boolean;
}

export interface RequestLimitSettings {
  /** Requests a second of one caller. */
  readonly rates: Readonly<Record<RequestWeight, number>>;
  /** RATE_LIMIT_NAMESPACE_TOKENS. */
  readonly namespaceTokens: number;
  /** RATE_LIMIT_BURST_SECONDS. */
  readonly burstSeconds: number;
  /** NON_RATE_LIMITED_NAMESPACES. */
  readonly exemptNamespaces: readonly string[];
}

export interface RequestLimitPorts {
  readonly clock: Clock;
  readonly log: Logger;
  /** Whether an `Authorization` header is that of the instance's own mirror or scanner, proven by its signing key. */
  readonly isInternal: (authorization: string) => Promise<boolean>;
}

export type WeighRequest = (context: RequestContext) => WeighedRequest;

/** A handler that decides before the given one runs. Errors: TOO_MANY_REQUESTS with Retry-After. */
export type LimitHandler = (handler: RequestHandler, weigh: WeighRequest) => RequestHandler;

const SIGNED_CHARACTERS = 192;
const CALLERS_MAX = 10_000;
const CALLER_TTL_MS = 10 * 60_000;
const NOTICE_EVERY_MS = 60_000;

/**
 * Limits how many requests a second each caller may send. A caller is a user, known by credentials that were found right before;
 * everybody else, wrong and anonymous credentials too, is an address: so made-up credentials gain nothing. What comes from
 * this instance itself, by credentials that only it can make, is never refused.
 */
export function createRequestLimits(settings: RequestLimitSettings, ports: RequestLimitPorts): LimitHandler {
  const { clock } = ports;
  const buckets = (perSecond: number) =>
    new Buckets({ perSecond, burst: Math.max(1, Math.round(perSecond * settings.burstSeconds)) }, clock);
  const byWeight = {
    'very-light': buckets(settings.rates['very-light']),
    light: buckets(settings.rates.light),
    heavy: buckets(settings.rates.heavy),
  };
  const tokens = buckets(settings.namespaceTokens);
  // Checking a signature costs more than refusing, so a flood of made-up tokens gets few of them.
  const internalChecks = new Buckets({ perSecond: 100, burst: 100 }, clock);
  const exempt = new Set(settings.exemptNamespaces);
  const callers = new LRUCache<string, 'user' | 'internal'>({
    max: CALLERS_MAX,
    ttl: CALLER_TTL_MS,
    ttlResolution: 0,
    perf: clock,
  });
  const tell = createNotice(ports);

  /** undefined: go on at once. */
  function admit(
    context: RequestContext,
    { weight, namespace, token = false }: WeighedRequest,
  ): Promise<void> | undefined {
    if (namespace !== undefined && exempt.has(namespace)) return undefined;
    const { authorization } = context.req.headers;
    const credentials = authorization === undefined ? undefined : fingerprint(authorization);
    const caller = credentials === undefined ? undefined : callers.get(credentials);
    if (caller === 'internal') return undefined;
    if (credentials !== undefined && caller === undefined) {
      context.credentialsProven = (by) => void callers.set(credentials, by);
    }
    const who = credentials !== undefined && caller === 'user' ? credentials : addressKey(context.clientAddress);
    let waitMs = byWeight[weight].take(who);
    if (waitMs === 0 && token && namespace !== undefined) waitMs = tokens.take(namespace);
    if (waitMs === 0) return undefined;
    const refuse = (): never => {
      tell(context, weight);
      throw tooMany(waitMs);
    };
    if (authorization === undefined || caller !== undefined || internalChecks.take('') > 0) return refuse();
    return ports.isInternal(authorization).then((internal) => (internal ? undefined : refuse()));
  }

  return (handler, weigh) => (context) => {
    const decision = admit(context, weigh(context));
    return decision === undefined ? handler(context) : decision.then(() => handler(context));
  };
}

/** The end of a token is its signature, and as good as the whole of it; to hash that would cost more than all the rest here. */
function fingerprint(authorization: string): string {
  return hash('sha256', authorization.slice(-SIGNED_CHARACTERS), 'base64');
}

function tooMany(waitMs: number): AppError {
  const seconds = Math.ceil(waitMs / 1000);
  return new AppError('TOO_MANY_REQUESTS', `Too many requests; try again in ${seconds} s`, {
    headers: { 'Retry-After': String(seconds) },
  });
}

/** One line a minute: a line for each refused request would make a flood of requests a flood of the log. */
function createNotice({ clock, log }: RequestLimitPorts): (context: RequestContext, weight: RequestWeight) => void {
  let refused = 0;
  let toldAt = Number.NEGATIVE_INFINITY;
  return ({ clientAddress }, weight) => {
    refused += 1;
    const now = clock.now();
    if (now >= toldAt && now - toldAt < NOTICE_EVERY_MS) return;
    log.warn(
      { refused, weight, client: clientAddress },
      'Requests are refused by FEATURE_RATE_LIMITS; the address is that of the last one',
    );
    refused = 0;
    toldAt = now;
  };
}
