import { systemClock } from '../kernel/clock.ts';
import {
  type HttpConfig,
  type HttpServer,
  type ListenOptions,
  type Mount,
  requireTls,
} from '../platform/http/index.ts';
import type { Logger } from '../platform/log/index.ts';
import type { Metrics } from '../platform/metrics/index.ts';
import { openServerCertificate, type tlsParameters } from '../platform/tls/index.ts';

/** Where and how the server is reached. */
export interface ListenerSettings {
  /** Address to listen on; undefined: all of the IP version. */
  readonly host: string | undefined;
  readonly ipVersion: 'IPv4' | 'IPv6' | 'dual-stack';
  readonly port: number;
  /** Opened when there is a certificate. */
  readonly tlsPort: number;
  /** Opened with FEATURE_PROXY_PROTOCOL. */
  readonly proxyPort: number;
  readonly proxyProtocol: boolean;
  /** EXTERNAL_TLS_TERMINATION: no TLS here, whatever certificate there is. */
  readonly externalTls: boolean;
  /** PREFERRED_URL_SCHEME is https. */
  readonly preferHttps: boolean;
  /** SERVER_HOSTNAME, then SERVER_HOSTNAMES. */
  readonly publicHosts: readonly string[];
  readonly trustedProxies: readonly string[];
  readonly proxyCount: number | undefined;
  /** Absolute path of the directory with config.yaml, the certificate and the trusted authorities. */
  readonly configDirectory: string;
  readonly tls: ReturnType<typeof tlsParameters>;
}

/** Ports that were opened. */
export interface OpenedPorts {
  readonly port: number;
  readonly tlsPort: number | undefined;
  readonly proxyPort: number | undefined;
}

/** The listeners of one server, read and checked but not open. */
export interface Listeners {
  readonly httpConfig: HttpConfig;
  /** With TLS of our own, everything but what probes ask for is served over it alone. */
  guard(mounts: readonly Mount[]): Mount[];
  listen(server: Pick<HttpServer, 'listen'>): Promise<OpenedPorts>;
  /** Has the metrics tell when the certificate expires. */
  tellExpiry(metrics: Pick<Metrics, 'collected'>): void;
  /** Stops following the certificate's files. */
  close(): void;
}

/** Probes of a cluster and Prometheus come by plain HTTP; these answers hold no secret. */
const PLAIN_PREFIXES = new Set(['/health', '/status', '/metrics']);
/** Two years, what browsers ask of hosts on their built-in lists. */
const STRICT_TRANSPORT = 'max-age=63072000';
/** Browsers keep the rule for a host whatever the port: on this one it would break everybody's other programs. */
const OWN_MACHINE = /^(?:localhost|.*\.localhost)(?::\d+)?$/i;

/** Reads the certificate. @throws Error when there is a certificate that cannot be served. */
export async function prepareListeners(settings: ListenerSettings, log: Logger): Promise<Listeners> {
  const { publicHosts, configDirectory, externalTls } = settings;
  const certificate = externalTls
    ? undefined
    : await openServerCertificate({
        directory: configDirectory,
        hosts: publicHosts,
        parameters: settings.tls,
        clock: systemClock,
        log,
      });
  const secure = certificate !== undefined;
  for (const warning of contradictions(settings, secure)) log.warn(warning);
  const [mainHost] = publicHosts;
  let tlsPort = settings.tlsPort;
  return {
    httpConfig: {
      trustedProxies: settings.trustedProxies,
      proxyCount: settings.proxyCount,
      publicHosts,
      publicHttps: publicHosts.length > 0 && (secure || settings.preferHttps),
      strictTransportSecurity: mainHost === undefined || OWN_MACHINE.test(mainHost) ? undefined : STRICT_TRANSPORT,
    },
    guard: (mounts) =>
      mounts.map((mount) =>
        !secure || PLAIN_PREFIXES.has(mount.prefix)
          ? mount
          : { ...mount, handler: requireTls(mount.handler, () => tlsPort) },
      ),
    async listen(server) {
      const where = addressOf(settings);
      // The plain port is opened last: who waits for it to answer finds all of them open.
      const secured = secure ? await server.listen({ ...where, port: settings.tlsPort, tls: certificate }) : undefined;
      tlsPort = secured?.port ?? tlsPort;
      const proxied = settings.proxyProtocol
        ? await server.listen({ ...where, port: settings.proxyPort, tls: certificate, proxyProtocol: true })
        : undefined;
      const { port } = await server.listen({ ...where, port: settings.port });
      return { port, tlsPort: secured?.port, proxyPort: proxied?.port };
    },
    tellExpiry: (metrics) =>
      metrics.collected({
        name: 'tls_certificate_expires_timestamp_seconds',
        help: 'When the TLS certificate in use expires; +Inf when there is none',
        type: 'gauge',
        collect: () => [{ value: (certificate?.expiresAt() ?? Number.POSITIVE_INFINITY) / 1000 }],
      }),
    close() {
      certificate?.close();
    },
  };
}

function addressOf({ host, ipVersion }: ListenerSettings): Pick<ListenOptions, 'host' | 'ipv6Only'> {
  if (host !== undefined) return { host };
  if (ipVersion === 'IPv4') return { host: '0.0.0.0' };
  // Without a host both versions are taken, and IPv4 alone where the machine has no other.
  return ipVersion === 'IPv6' ? { host: '::', ipv6Only: true } : {};
}

/** Settings that are each possible, and together most likely a mistake. */
function contradictions(settings: ListenerSettings, secure: boolean): string[] {
  const { externalTls, preferHttps, trustedProxies } = settings;
  const warnings: string[] = [];
  if (preferHttps && !secure && !externalTls) {
    warnings.push(
      'PREFERRED_URL_SCHEME is https, but there is neither ssl.cert and ssl.key beside config.yaml nor EXTERNAL_TLS_TERMINATION: clients are sent to addresses that nobody serves',
    );
  }
  if (externalTls && trustedProxies.length === 0) {
    warnings.push(
      'EXTERNAL_TLS_TERMINATION is on, but TRUSTED_PROXY_CIDR names no proxy: logs, audit and limits see the proxy as the only client',
    );
  }
  return warnings;
}
