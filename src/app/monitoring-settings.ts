import { resolve } from 'node:path';
import type { LogSettings } from '../platform/log/index.ts';
import type { AppConfig } from './config.ts';
import type { MetricsAccess } from './may-read-metrics.ts';
import type { ListenAddress } from './monitoring-config.ts';

/** What metrics and health need to know. */
export interface MonitoringSettings {
  /** PROMETHEUS_NAMESPACE. */
  readonly namespace: string;
  readonly metricsAccess: Omit<MetricsAccess, 'open'>;
  /** `off`; or where the metrics have a port of their own, which must be free when the operator has named it. */
  readonly metricsListen: 'off' | (ListenAddress & { readonly named: boolean });
  readonly jobCountsForMs: number;
  readonly totalsForMs: number;
  readonly healthDebugSecret: string | undefined;
  /** Services that `/health/instance` tells but does not count. */
  readonly instanceSkips: readonly string[];
  /** Shares of a disk that must be free, 0 to 1. */
  readonly diskThresholds: { readonly warning: number; readonly failing: number };
}

/** Where Prometheus is told to look for the metrics of a registry, when nothing else is said. */
const METRICS_DEFAULT: ListenAddress = { host: '127.0.0.1', port: 9092 };

export function toMonitoringSettings(config: AppConfig): MonitoringSettings {
  const listen = config.METRICS_LISTEN;
  return {
    namespace: config.PROMETHEUS_NAMESPACE,
    metricsAccess: { token: config.METRICS_TOKEN?.reveal(), allowedCidrs: config.METRICS_ALLOWED_CIDR },
    metricsListen: listen === 'off' ? 'off' : { ...(listen ?? METRICS_DEFAULT), named: listen !== undefined },
    jobCountsForMs: config.QUEUE_WORKER_METRICS_REFRESH_SECONDS * 1000,
    totalsForMs: config.GLOBAL_PROMETHEUS_STATS_FREQUENCY * 1000,
    healthDebugSecret: config.ENABLE_HEALTH_DEBUG_SECRET?.reveal(),
    instanceSkips: config.HEALTH_CHECKER.instanceSkips.filter(
      (name) => name !== 'storage' || !config.HEALTH_CHECKER_INSTANCE_CHECK_PREFERRED_STORAGE,
    ),
    diskThresholds: {
      warning: config.DISKSPACE_HEALTH_WARNING_THRESHOLD,
      failing: config.DISKSPACE_HEALTH_THRESHOLD,
    },
  };
}

/** @param dataDirectory absolute; a relative LOG_FILE lies in it. */
export function toLogSettings(config: AppConfig, dataDirectory: string): LogSettings {
  const { LOG_FILE: file } = config;
  return {
    level: config.LOGGING_LEVEL,
    format: config.LOG_FORMAT,
    file:
      file === undefined
        ? undefined
        : { path: resolve(dataDirectory, file), maxBytes: config.LOG_FILE_MAX_SIZE, keep: config.LOG_FILE_KEEP },
  };
}
