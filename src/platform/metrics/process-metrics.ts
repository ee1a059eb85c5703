import { collectDefaultMetrics, Registry } from 'prom-client';

/** The metrics of the process under their customary names: processor time, memory, descriptors, event loop, collection of garbage. */
export function createProcessMetrics(): Pick<Registry, 'metrics'> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  // Gauges that are called like counters; their parts are told under names of their own.
  for (const kind of ['handles', 'requests', 'resources']) registry.removeSingleMetric(`nodejs_active_${kind}_total`);
  return registry;
}
