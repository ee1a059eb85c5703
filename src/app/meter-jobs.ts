import type { Metrics } from '../platform/metrics/index.ts';
import type { JobHandler } from '../platform/queue/index.ts';

/** Upper bounds in seconds: from a look at one row to a sweep through a large table. */
const BOUNDS = [0.01, 0.1, 1, 10, 60, 600];

/** The same handlers, each run timed and counted. A run that is stopped with the server counts as failed. */
export function meterJobs(handlers: readonly JobHandler[], metrics: Metrics): JobHandler[] {
  const queues = handlers.map(({ queue }) => queue);
  const took = metrics.durations({
    name: 'worker_operation_duration_seconds',
    help: 'Time that the runs of background jobs took',
    labels: { queue_name: queues },
    bounds: BOUNDS,
  });
  const runs = metrics.counter({
    name: 'queue_item_gets_total',
    help: 'Background jobs taken up, and how their runs ended',
    labels: { queue_name: queues, outcome: ['done', 'failed'] },
  });
  return handlers.map((handler) => {
    const { queue } = handler;
    const durations = took({ queue_name: queue });
    const done = runs({ queue_name: queue, outcome: 'done' });
    const failed = runs({ queue_name: queue, outcome: 'failed' });
    return {
      ...handler,
      async run(payload, signal) {
        const startedAt = performance.now();
        try {
          await handler.run(payload, signal);
          done.add();
        } catch (error) {
          failed.add();
          throw error;
        } finally {
          durations.observe((performance.now() - startedAt) / 1000);
        }
      },
    };
  });
}
