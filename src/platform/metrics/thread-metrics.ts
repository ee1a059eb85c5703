import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import type { Worker } from 'node:worker_threads';
import type { Family, Sample } from './families.ts';

interface Thread {
  readonly worker: Worker;
  readonly name: string;
  last: EventLoopUtilization;
}

/** How long a thread that is busy may take to tell of its memory, in ms; its last figure counts until then. */
const ANSWER_MS = 500;

/**
 * The threads of this process, told apart by the names they were started with. Watches those that are started from now on, so
 * it is made before them. `close` ends that.
 */
export function createThreadMetrics(prefix: string): { readonly families: readonly Family[]; close(): void } {
  const threads = new Set<Thread>();
  const busySeconds = new Map<string, number>([['main', 0]]);
  const heapBytes = new Map<Thread, number>();
  let mainLast = performance.eventLoopUtilization();

  const settle = (thread: Thread): void => {
    const now = thread.worker.performance.eventLoopUtilization();
    add(thread.name, now.active - thread.last.active);
    thread.last = now;
  };
  const add = (name: string, milliseconds: number): void => {
    // A thread that has not come up yet, or has ended, tells 0.
    const seconds = Math.max(milliseconds, 0) / 1000;
    busySeconds.set(name, (busySeconds.get(name) ?? 0) + seconds);
  };
  const started = (worker: Worker): void => {
    const thread = { worker, name: worker.threadName ?? 'unnamed', last: worker.performance.eventLoopUtilization() };
    threads.add(thread);
    busySeconds.set(thread.name, busySeconds.get(thread.name) ?? 0);
    worker.once('exit', () => {
      threads.delete(thread);
      heapBytes.delete(thread);
    });
  };
  process.on('worker', started);

  const names = (): string[] => [...new Set([...threads].map(({ name }) => name))];
  const ofName = (name: string): Thread[] => [...threads].filter((thread) => thread.name === name);
  return {
    close: () => void process.off('worker', started),
    families: [
      {
        name: `${prefix}threads`,
        help: 'Threads of JavaScript in this process',
        type: 'gauge',
        collect: () => [
          { labels: { thread: 'main' }, value: 1 },
          ...names().map((name) => ({ labels: { thread: name }, value: ofName(name).length })),
        ],
      },
      {
        name: `${prefix}thread_busy_seconds_total`,
        help: 'Time that event loops were at work; a rate near the number of threads is a full one',
        type: 'counter',
        collect: () => {
          const now = performance.eventLoopUtilization();
          add('main', now.active - mainLast.active);
          mainLast = now;
          for (const thread of threads) settle(thread);
          return [...busySeconds].map(([name, value]) => ({ labels: { thread: name }, value }));
        },
      },
      {
        name: `${prefix}thread_heap_bytes`,
        help: 'Memory of the JavaScript heaps of worker threads; that of the main thread is nodejs_heap_size_used_bytes',
        type: 'gauge',
        collect: async (): Promise<Sample[]> => {
          await Promise.all([...threads].map((thread) => readHeap(thread, heapBytes)));
          return names().map((name) => {
            const value = ofName(name).reduce((sum, thread) => sum + (heapBytes.get(thread) ?? 0), 0);
            return { labels: { thread: name }, value };
          });
        },
      },
    ],
  };
}

async function readHeap(thread: Thread, heapBytes: Map<Thread, number>): Promise<void> {
  const answer = thread.worker.getHeapStatistics().then(
    ({ used_heap_size: used }) => void heapBytes.set(thread, used),
    // It has ended meanwhile.
    () => undefined,
  );
  const limit = Promise.withResolvers<void>();
  const timer = setTimeout(limit.resolve, ANSWER_MS);
  await Promise.race([answer, limit.promise]);
  clearTimeout(timer);
}
