export { createMetrics, type Metrics, type MetricsOptions } from './create-metrics.ts';
export type { HttpMetrics, RequestRecorder } from './http-metrics.ts';
