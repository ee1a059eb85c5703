export { createMetrics, type Metrics } from './create-metrics.ts';
export type { Count, Durations, Sample } from './families.ts';
export type { HttpMetrics, RequestRecorder } from './http-metrics.ts';
