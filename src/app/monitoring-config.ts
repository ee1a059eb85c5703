import { z } from 'zod';
import { type ConfigRule, defineConfig, oneOrMany, secret } from '../platform/config/index.ts';
import { createAddressRanges } from '../platform/http/index.ts';

/** Where the metrics have a port of their own. */
export interface ListenAddress {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
}

const LISTEN = /^(?:(?<name>[\w.-]{1,253})|\[(?<ipv6>[0-9a-fA-F:.]{2,45})\]):(?<port>\d{1,5})$/;

const LISTEN_HINT = 'write ADDRESS:PORT, e.g. 0.0.0.0:9092 or "[::1]:9092", or "off"';

const listenAddress = z
  .union([z.string(), z.literal(false)], { error: LISTEN_HINT })
  .transform((written, context): ListenAddress | 'off' => {
    if (written === false || written === 'off') return 'off';
    const parts = LISTEN.exec(written)?.groups;
    const port = Number(parts?.['port']);
    const host = parts?.['name'] ?? parts?.['ipv6'];
    if (host !== undefined && port <= 65_535) return { host, port };
    context.addIssue({ code: 'custom', message: LISTEN_HINT });
    return z.NEVER;
  });

const addressRanges = oneOrMany().superRefine((cidrs, context) => {
  try {
    createAddressRanges(cidrs);
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
  }
});

const SHARE_HINT = 'write a share between 0 and 1, e.g. 0.1 for 10 %';
const share = z.number(SHARE_HINT).min(0, SHARE_HINT).max(1, SHARE_HINT);

/** Services that a check of one instance tells but does not count; Quay's names of them are ours. */
const SKIPPED_BY_INSTANCE = ['redis', 'storage'];

const CHECKERS = ['LocalHealthCheck', 'RDSAwareHealthCheck', 'ProductionHealthCheck'];

const healthChecker = z
  .union([z.string(), z.tuple([z.string()]).rest(z.unknown())], { error: 'write [LocalHealthCheck, {parameters}]' })
  .transform((written, context) => {
    const [name, parameters] = typeof written === 'string' ? [written] : written;
    if (!CHECKERS.includes(name)) {
      context.addIssue({
        code: 'custom',
        message: `there is no health check "${name}"; write one of ${CHECKERS.join(', ')}`,
      });
      return z.NEVER;
    }
    const parsed = z.looseObject({ instance_skips: z.array(z.string()).optional() }).safeParse(parameters ?? {});
    if (parsed.success) return { instanceSkips: parsed.data.instance_skips ?? SKIPPED_BY_INSTANCE };
    context.addIssue({
      code: 'custom',
      path: [1],
      message: 'write parameters like {instance_skips: [redis, storage]}',
    });
    return z.NEVER;
  });

/** The keys of metrics and health. */
export const monitoringConfig = defineConfig({
  PROMETHEUS_NAMESPACE: {
    schema: z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]{0,63}$/, 'use letters, digits and "_", not a digit first'),
    default: 'quay',
    description:
      'First part of the names of all metrics but those of the process. Dashboard and alert rules expect the default',
  },
  METRICS_LISTEN: {
    schema: listenAddress,
    description:
      'Address and port of the metrics alone, or off. Default: 127.0.0.1:9092, left out with a warning where that is taken',
    ours: true,
  },
  METRICS_TOKEN: {
    schema: secret(),
    description: 'Who sends this as Bearer token may read the metrics, on every port',
    ours: true,
  },
  METRICS_ALLOWED_CIDR: {
    schema: addressRanges,
    default: [],
    description:
      'Addresses that may read the metrics without a token. Default: this machine; and whoever reaches METRICS_LISTEN, when that is set and neither this nor METRICS_TOKEN is',
    ours: true,
  },
  GLOBAL_PROMETHEUS_STATS_FREQUENCY: {
    schema: z.int().min(10),
    default: 3600,
    unit: 'seconds',
    description: 'How old the counts of users, organizations and repositories among the metrics may be',
  },
  QUEUE_WORKER_METRICS_REFRESH_SECONDS: {
    schema: z.int().min(1),
    default: 30,
    unit: 'seconds',
    description: 'How old the counts of jobs among the metrics may be',
    quayDefault: 300,
  },
  ENABLE_HEALTH_DEBUG_SECRET: {
    schema: secret(),
    description:
      'Opens the details of the health answers: sent as Bearer token, or in the path /health/enabledebug/SECRET',
  },
  HEALTH_CHECKER: {
    schema: healthChecker,
    default: ['LocalHealthCheck', {}],
    description:
      'What /health/instance counts: all but instance_skips, by default redis and storage. RDSAwareHealthCheck does not ask Amazon here: whether the database answers decides',
  },
  HEALTH_CHECKER_INSTANCE_CHECK_PREFERRED_STORAGE: {
    schema: z.boolean(),
    default: false,
    description: 'A storage that cannot be reached makes /health/instance fail, too, not only /health/endtoend',
  },
  DISKSPACE_HEALTH_WARNING_THRESHOLD: {
    schema: share,
    default: 0.1,
    description: 'Share of a disk that must be free for /health/warning to answer 200',
  },
  DISKSPACE_HEALTH_THRESHOLD: {
    schema: share,
    default: 0.01,
    description: 'Share of a disk that must be free for /health/instance to answer 200',
  },
});

export const monitoringRules: readonly ConfigRule<typeof monitoringConfig>[] = [
  {
    key: 'DISKSPACE_HEALTH_WARNING_THRESHOLD',
    check: (values) =>
      values.DISKSPACE_HEALTH_WARNING_THRESHOLD < values.DISKSPACE_HEALTH_THRESHOLD
        ? 'The warning comes after the failure; make it at least DISKSPACE_HEALTH_THRESHOLD'
        : undefined,
  },
];
