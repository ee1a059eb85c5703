export { createMetrics, type Metrics } from './create-metrics.ts';
export type { HttpMetrics, RequestRecorder } from './http-metrics.ts';
