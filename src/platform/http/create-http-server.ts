import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import type { Clock } from '../../kernel/clock.ts';
import { createRequestIds } from '../log/index.ts';
import type { HttpMetrics } from '../metrics/index.ts';
import { acceptProxied, type ProxiedPeer } from './accept-proxied.ts';
import type { Mount } from './context.ts';
import { cutIdleClients, type ListenOptions, makeListener, type MountedServer, startListening } from './listener.ts';
import { answerNothingHere, Pipeline } from './pipeline.ts';
import { createOrigins } from './public-origin.ts';
import type { DrainLimits } from './refuse-request.ts';
import { createProxyTrust } from './resolve-client.ts';
import type { PreparedMount, ServerState } from './request-scope.ts';

export interface HttpConfig {
  /** Proxies whose forwarding headers are believed: addresses or `address/bits`. Default none. */
  readonly trustedProxies?: readonly string[];
  /** How many proxies stand in front at most; 0 believes no header. Default: as many as are trusted. */
  readonly proxyCount?: number | undefined;
  /** `host[:port]` by which the registry is known, the main one first. Default: whatever each client used. */
  readonly publicHosts?: readonly string[];
  /** Whether generated addresses begin with `https` in any case. Default: as the client came. */
  readonly publicHttps?: boolean;
  /** Value of `Strict-Transport-Security` in answers over our own TLS; none by default. */
  readonly strictTransportSecurity?: string | undefined;
  /**
   * A client that neither sends nor takes a byte for this long while we wait for it is cut off. Default 10 min: one that
   * unpacks while it pulls, or compresses while it pushes, may be silent for minutes.
   */
  readonly idleTimeoutMs?: number;
  /** How long an unused connection is kept; must exceed that of a load balancer in front. Default 75 s. */
  readonly keepAliveTimeoutMs?: number;
  /** Limits of reading on behind a refusal. Default 128 MiB and 30 s. */
  readonly drainLimits?: DrainLimits;
}

export interface HttpServerOptions {
  readonly mounts: readonly Mount[];
  readonly log: Logger;
  readonly metrics: HttpMetrics;
  readonly config: HttpConfig;
  readonly clock: Clock;
}

export interface HttpServer {
  /** Opens a listener, each time another one; all serve the same mounts. Rejects when the port is taken. */
  listen(options: ListenOptions): Promise<AddressInfo>;
  /** True from the first call of `drain`; health answers 503 then. */
  readonly draining: boolean;
  /** Requests whose answer is not finished. */
  readonly inFlight: number;
  /**
   * Ends service: for `noticeMs` only `draining` tells (so that load balancers turn away), then nothing new is accepted,
   * answers carry `Connection: close`, and what still runs after `timeoutMs` more is cut off.
   */
  drain(options: { readonly timeoutMs: number; readonly noticeMs?: number }): Promise<void>;
}

/** Makes the one HTTP server that everything is mounted on. It listens when told to. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { config, clock, log } = options;
  const peers = new WeakMap<object, ProxiedPeer>();
  const state: ServerState = {
    log,
    trust: createProxyTrust(config.trustedProxies ?? [], { maxHops: config.proxyCount, peers }),
    originOf: createOrigins({ hosts: config.publicHosts ?? [], https: config.publicHttps ?? false }),
    draining: false,
  };
  const pipeline = new Pipeline({
    state,
    mounts: prepareMounts(options),
    nextId: createRequestIds(),
    clock,
    drainLimits: config.drainLimits ?? { maxBytes: 128 * 1024 * 1024, maxMs: 30_000 },
  });
  const servers = new Set<MountedServer>();
  async function listen(where: ListenOptions): Promise<AddressInfo> {
    const keepAliveTimeoutMs = config.keepAliveTimeoutMs ?? 75_000;
    const server = await makeListener(where, { pipeline, log, keepAliveTimeoutMs });
    cutIdleClients(server, pipeline, config.idleTimeoutMs ?? 600_000, log);
    if (where.proxyProtocol === true) {
      acceptProxied(server, { trusts: (address) => state.trust.trustsAddress(address), peers, clock, log });
    }
    const address = await startListening(server, where);
    servers.add(server);
    return address;
  }
  return {
    listen,
    get draining() {
      return state.draining;
    },
    get inFlight() {
      return pipeline.active.size;
    },
    async drain({ timeoutMs, noticeMs = 0 }) {
      state.draining = true;
      if (noticeMs > 0) await new Promise<void>((resolve) => void clock.after(noticeMs, resolve));
      await Promise.all([...servers].map((server) => close(server, clock, timeoutMs)));
    },
  };
}

const HSTS = 'Strict-Transport-Security';

function prepareMounts(options: HttpServerOptions): PreparedMount[] {
  const strict = options.config.strictTransportSecurity;
  const nothing: Mount = { prefix: '', errors: 'quay', handler: answerNothingHere };
  return [...options.mounts, nothing]
    .map((mount) => {
      const prefix = mount.prefix === '/' ? '' : mount.prefix;
      const fixedHeaders = Object.entries(mount.headers ?? {}).flat();
      const fixedTlsHeaders = strict === undefined ? fixedHeaders : [...fixedHeaders, HSTS, strict];
      return {
        ...mount,
        prefix,
        fixedHeaders,
        fixedTlsHeaders,
        recorder: options.metrics.forMount(mount.prefix || 'none'),
      };
    })
    .toSorted((a, b) => b.prefix.length - a.prefix.length);
}

function close(server: MountedServer, clock: Clock, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(timeoutMs, () => server.closeAllConnections());
    server.close(() => {
      cancel();
      resolve();
    });
  });
}
