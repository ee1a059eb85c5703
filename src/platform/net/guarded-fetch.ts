import { type Agent, fetch as undiciFetch } from 'undici';
import { AppError } from '../../kernel/errors.ts';
import { type AddressPolicy, createAddressPolicy } from './address-policy.ts';
import { boundBody } from './bound-body.ts';
import { createGuardedAgent, refusal, resolveHost, type ResolveHost } from './guarded-agent.ts';

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
  /** Longest answer, after decompression. Default 16 MiB. */
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
  close(): Promise<void>;
}

const DEFAULTS = { timeoutMs: 60_000, maxBytes: 16 * 1024 * 1024, maxRedirects: 5 };
const NO_AUTHORITIES: readonly string[] = [];

/** Makes the one way out: everything that the registry asks of other servers goes through it. */
export function createGuardedFetch(options: GuardedFetchOptions = {}): GuardedFetch {
  const policy = createAddressPolicy(options.allowHosts ?? [], options.allowPrivate ?? false);
  let authorities = options.caCertificates?.() ?? NO_AUTHORITIES;
  let agent = createGuardedAgent(policy, options.resolve ?? resolveHost, authorities);
  const currentAgent = (): Agent => {
    const wanted = options.caCertificates?.() ?? NO_AUTHORITIES;
    if (wanted === authorities) return agent;
    void agent.close();
    authorities = wanted;
    agent = createGuardedAgent(policy, options.resolve ?? resolveHost, authorities);
    return agent;
  };
  return {
    fetch: (url, request = {}) => follow(new URL(url), request, policy, currentAgent()),
    check: (url) => checkTarget(new URL(url), policy),
    close: () => agent.close(),
  };
}

async function follow(start: URL, request: GuardedRequest, policy: AddressPolicy, agent: Agent): Promise<Response> {
  const deadline = AbortSignal.timeout(request.timeoutMs ?? DEFAULTS.timeoutMs);
  const signal = request.signal === undefined ? deadline : AbortSignal.any([request.signal, deadline]);
  let url = start;
  let { method = 'GET', headers = {}, body } = request;
  for (let redirects = request.maxRedirects ?? DEFAULTS.maxRedirects; ; redirects--) {
    checkTarget(url, policy);
    const response = await send(url, { method, headers, body, signal, dispatcher: agent });
    const location = REDIRECTS.has(response.status) ? response.headers.get('location') : null;
    if (location === null) return boundBody(response, request.maxBytes ?? DEFAULTS.maxBytes, url);
    await response.body?.cancel();
    if (redirects <= 0) throw new Error(`Too many redirects from ${start.host}`);
    const next = new URL(location, url);
    if (url.protocol === 'https:' && next.protocol === 'http:') {
      throw new Error(`The redirect from ${url.host} to ${next.host} leaves TLS, which is not followed`);
    }
    if (next.origin !== url.origin) headers = withoutCredentials(headers);
    if (response.status === 303 || (response.status < 303 && method === 'POST')) {
      method = method === 'HEAD' ? 'HEAD' : 'GET';
      body = undefined;
    } else if (body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array)) {
      throw new Error(`The redirect from ${url.host} cannot be followed because the body was sent already`);
    }
    url = next;
  }
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

interface Outgoing {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: GuardedRequest['body'];
  readonly signal: AbortSignal;
  readonly dispatcher: Agent;
}

async function send(url: URL, { body, ...outgoing }: Outgoing) {
  const payload = body === undefined ? {} : { body, duplex: 'half' as const };
  try {
    return await undiciFetch(url, { ...outgoing, ...payload, redirect: 'manual' });
  } catch (error) {
    // The refusal of the look-up arrives as the cause of a general failure.
    for (let cause = error; cause instanceof Error; cause = cause.cause) if (cause instanceof AppError) throw cause;
    throw error;
  }
}

function checkTarget(url: URL, policy: AddressPolicy): void {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new AppError('ADDRESS_NOT_ALLOWED', `Cannot use the address scheme "${url.protocol}"; use http or https`);
  }
  if (!policy.allowsHost(url.hostname)) throw refusal(url.hostname);
}

function withoutCredentials(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !/^(?:authorization|cookie|proxy-authorization)$/i.test(name)),
  );
}
