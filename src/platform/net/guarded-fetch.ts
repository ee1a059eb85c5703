import type { IncomingMessage } from 'node:http';
import { AppError } from '../../kernel/errors.ts';
import { type AddressPolicy, createAddressPolicy } from './address-policy.ts';
import { createGuardedAgents, type GuardedAgents, refusal, resolveHost, type ResolveHost } from './guarded-agents.ts';
import { sendRequest } from './send-request.ts';
import { toResponse } from './to-response.ts';

export interface GuardedFetchOptions {
  /** Host names, addresses and ranges that are allowed although not public: the operator's own settings and allow list. */
  readonly allowHosts?: readonly string[];
  /** Lifts every restriction on addresses. */
  readonly allowPrivate?: boolean;
  /** Certificates in PEM that are trusted besides the built-in ones; asked before each request, compared by identity. */
  readonly caCertificates?: () => readonly string[];
  readonly resolve?: ResolveHost;
}

export interface GuardedRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal;
  /** For the whole exchange, the body of the answer included. Default 60 s. */
  readonly timeoutMs?: number;
  /** Longest body of an answer. Default 16 MiB. */
  readonly maxBytes?: number;
  /** Default 5. */
  readonly maxRedirects?: number;
}

export interface GuardedFetch {
  /**
   * Sends a request. Rejects with AppError ADDRESS_NOT_ALLOWED for addresses that are not allowed, at the first address or
   * after a redirect, and with other errors when the exchange fails or exceeds its bounds.
   */
  fetch(url: string | URL, request?: GuardedRequest): Promise<Response>;
  /** Refuses addresses without any look-up: for checking a setting when it is saved. @throws AppError like `fetch`. */
  check(url: string | URL): void;
  /** Gives up idle connections. */
  close(): void;
}

const DEFAULTS = { timeoutMs: 60_000, maxBytes: 16 * 1024 * 1024, maxRedirects: 5 };
const NO_AUTHORITIES: readonly string[] = [];

/** Makes the one way out: everything that the registry asks of other servers goes through it. */
export function createGuardedFetch(options: GuardedFetchOptions = {}): GuardedFetch {
  const policy = createAddressPolicy(options.allowHosts ?? [], options.allowPrivate ?? false);
  const resolve = options.resolve ?? resolveHost;
  let authorities = options.caCertificates?.() ?? NO_AUTHORITIES;
  let agents = createGuardedAgents(policy, resolve, authorities);
  const currentAgents = (): GuardedAgents => {
    const wanted = options.caCertificates?.() ?? NO_AUTHORITIES;
    if (wanted !== authorities) {
      // Exchanges that are under way keep the pool that they began with.
      authorities = wanted;
      agents = createGuardedAgents(policy, resolve, authorities);
    }
    return agents;
  };
  return {
    fetch: (url, request = {}) => fetchWithin(new URL(url), request, policy, currentAgents()),
    check: (url) => checkTarget(new URL(url), policy),
    close() {
      agents['http:'].destroy();
      agents['https:'].destroy();
    },
  };
}

async function fetchWithin(
  url: URL,
  request: GuardedRequest,
  policy: AddressPolicy,
  agents: GuardedAgents,
): Promise<Response> {
  const timeoutMs = request.timeoutMs ?? DEFAULTS.timeoutMs;
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = request.signal === undefined ? deadline : AbortSignal.any([request.signal, deadline]);
  // An abort surfaces as a general error wherever the exchange stands; say that it was the time.
  const explain = (error: unknown): unknown =>
    deadline.aborted ? new Error(`${url.host} did not answer within ${timeoutMs} ms`, { cause: error }) : error;
  try {
    const answer = await follow(url, request, policy, agents, signal);
    return toResponse(answer, {
      method: request.method,
      maxBytes: request.maxBytes ?? DEFAULTS.maxBytes,
      host: url.host,
      explain,
    });
  } catch (error) {
    throw explain(error);
  }
}

async function follow(
  start: URL,
  request: GuardedRequest,
  policy: AddressPolicy,
  agents: GuardedAgents,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  let url = start;
  let { method = 'GET', headers = {}, body } = request;
  for (let redirects = request.maxRedirects ?? DEFAULTS.maxRedirects; ; redirects--) {
    const { protocol } = checkTarget(url, policy);
    const answer = await sendRequest(url, { method, headers, body, signal, agent: agents[protocol] });
    const status = answer.statusCode ?? 0;
    const location = REDIRECTS.has(status) ? answer.headers.location : undefined;
    if (location === undefined) return answer;
    answer.destroy();
    if (redirects <= 0) throw new Error(`Too many redirects from ${start.host}`);
    const next = new URL(location, url);
    if (protocol === 'https:' && next.protocol === 'http:') {
      throw new Error(`The redirect from ${url.host} to ${next.host} leaves TLS, which is not followed`);
    }
    if (next.origin !== url.origin) headers = withoutCredentials(headers);
    if (status === 303 || (status < 303 && method === 'POST')) {
      method = method === 'HEAD' ? 'HEAD' : 'GET';
      body = undefined;
    } else if (body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array)) {
      throw new Error(`The redirect from ${url.host} cannot be followed because the body was sent already`);
    }
    url = next;
  }
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

function checkTarget(url: URL, policy: AddressPolicy): { readonly protocol: 'http:' | 'https:' } {
  const { protocol } = url;
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw new AppError('ADDRESS_NOT_ALLOWED', `Cannot use the address scheme "${protocol}"; use http or https`);
  }
  if (!policy.allowsHost(url.hostname)) throw refusal(url.hostname);
  return { protocol };
}

function withoutCredentials(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !/^(?:authorization|cookie|proxy-authorization)$/i.test(name)),
  );
}
