import { BlockList } from 'node:net';
import { z } from 'zod';
import { type ConfigRule, defineConfig, durationMs, oneOrMany } from '../config/index.ts';
import { addRange } from './resolve-client.ts';

const HOST = /^(?:[\w.-]{1,253}|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?$/;
const HOST_HINT = 'write a host name with or without port, and no scheme';

/** The keys that say where the registry is reached. */
export const httpConfig = defineConfig({
  SERVER_HOSTNAME: {
    schema: z.string().regex(HOST, HOST_HINT),
    description:
      'Public host and port of the registry, used in generated addresses and as audience of tokens. Default: localhost and the port',
    quayDefault: 'localhost:5000',
  },
  SERVER_HOSTNAMES: {
    schema: z.array(z.string().regex(HOST, HOST_HINT)).max(100),
    default: [],
    description: 'More public hosts; a client that uses one of them is answered with addresses there',
    ours: true,
  },
  PREFERRED_URL_SCHEME: {
    schema: z.enum(['http', 'https']),
    default: 'http',
    description: 'Scheme of generated addresses; with http it is that of the request, with a certificate always https',
  },
  EXTERNAL_TLS_TERMINATION: {
    schema: z.boolean(),
    default: false,
    description: 'A proxy in front ends TLS: the registry serves plain HTTP even if there is a certificate',
  },
  FEATURE_LISTEN_IP_VERSION: {
    schema: z.enum(['IPv4', 'IPv6', 'dual-stack']),
    default: 'dual-stack',
    description: 'IP versions on which connections are taken; the flag --host names one address instead',
    quayDefault: 'IPv4',
  },
  FEATURE_PROXY_PROTOCOL: {
    schema: z.boolean(),
    default: false,
    description: 'A listener on port 7443 for load balancers in TRUSTED_PROXY_CIDR that speak the PROXY protocol',
  },
  PROXY_COUNT: {
    schema: z.int().min(0).max(32),
    description: 'How many proxies stand in front at most; 0 believes no header. Default: all that are trusted',
    quayDefault: 1,
  },
  TRUSTED_PROXY_CIDR: {
    schema: oneOrMany().superRefine((cidrs, context) => {
      for (const cidr of cidrs) {
        try {
          addRange(new BlockList(), cidr);
        } catch (error) {
          context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
        }
      }
    }),
    default: [],
    description:
      'Addresses of the proxies whose X-Forwarded-For, -Proto, -Host or Forwarded headers are believed; none by default',
  },
  DRAIN_NOTICE: {
    schema: durationMs().pipe(z.number().max(600_000, 'write at most 10m')),
    description:
      'How long a server that was told to stop goes on taking requests while its health check already fails, so that load balancers turn away first. Default: 5s on PostgreSQL, 0s on SQLite, which has no second node',
    ours: true,
  },
});

export const httpRules: readonly ConfigRule<typeof httpConfig>[] = [
  {
    key: 'FEATURE_PROXY_PROTOCOL',
    check: (values) =>
      values.FEATURE_PROXY_PROTOCOL && values.TRUSTED_PROXY_CIDR.length === 0
        ? 'Nobody may use the PROXY protocol port; name the load balancers in TRUSTED_PROXY_CIDR'
        : undefined,
  },
  {
    key: 'SERVER_HOSTNAMES',
    check: (values) =>
      values.SERVER_HOSTNAMES.length > 0 && values.SERVER_HOSTNAME === undefined
        ? 'There are more hosts but no main one; name it in SERVER_HOSTNAME'
        : undefined,
  },
];
