import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { createMetrics } from './index.ts';

const text = async (metrics: ReturnType<typeof createMetrics>): Promise<string> => (await metrics.renderMetrics()).text;

describe('requests', () => {
  test('are counted by route, method and status', async () => {
    const metrics = createMetrics();
    const v2 = metrics.http.forMount('/v2');
    for (const [route, method, status, ms] of [
      ['manifest', 'GET', 200, 0.4],
      ['manifest', 'GET', 200, 30],
      [undefined, 'BREW', 418, 1],
      ['upload', 'PUT', 201, 700_000],
    ] as const) {
      v2.start();
      v2.finish(route, method, status, ms);
    }
    v2.start();
    const first = await text(metrics);
    const series = 'quay_request_duration_seconds';
    expect(first).toContain(`${series}_bucket{method="GET",route="manifest",status="200",le="0.001"} 1\n`);
    expect(first).toContain(`${series}_bucket{method="GET",route="manifest",status="200",le="0.1"} 2\n`);
    expect(first).toContain(`${series}_count{method="other",route="/v2",status="418"} 1\n`);
    expect(first).toContain(`${series}_bucket{method="PUT",route="upload",status="201",le="600"} 0\n`);
    expect(first).toContain(`${series}_bucket{method="PUT",route="upload",status="201",le="+Inf"} 1\n`);
    expect(first).toContain(`${series}_sum{method="PUT",route="upload",status="201"} 700\n`);
    expect(first).toContain('quay_requests_in_flight{mount="/v2"} 1\n');
    // Reading twice does not count twice.
    expect(await text(metrics)).toContain(`${series}_count{method="GET",route="manifest",status="200"} 2\n`);
    metrics.close();
  });

  test('do not make series without end, whatever names a handler gives', async () => {
    const metrics = createMetrics();
    const mount = metrics.http.forMount('/x');
    for (let index = 0; index < 10_000; index++) mount.finish(`route-${index}`, `METHOD-${index}`, 200, 1);
    const counts = (await text(metrics)).match(/^quay_request_duration_seconds_count.*$/gm) ?? [];
    expect(counts.length).toBeLessThanOrEqual(51);
    expect(counts.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)).toBe(10_000);
    metrics.close();
  });
});

describe('counters', () => {
  test('are there from the start, under the namespace, and only with the values that were declared', async () => {
    const metrics = createMetrics('registry');
    const pulls = metrics.counter({
      name: 'pulls_total',
      help: 'Pulls',
      labels: { protocol: ['v2'], ref: ['tag', 'manifest'] },
    });
    pulls({ protocol: 'v2', ref: 'tag' }).add();
    pulls({ protocol: 'v2', ref: 'tag' }).add(2);
    expect(await text(metrics)).toContain(
      '# HELP registry_pulls_total Pulls\n# TYPE registry_pulls_total counter\n' +
        'registry_pulls_total{protocol="v2",ref="tag"} 3\nregistry_pulls_total{protocol="v2",ref="manifest"} 0\n',
    );
    expect(() => pulls({ protocol: JSON.parse('"v1"') as 'v2', ref: 'tag' })).toThrow('pulls_total');
    metrics.close();
  });

  test('without labels are one series', async () => {
    const metrics = createMetrics();
    metrics.counter({ name: 'plain_total', help: 'Plain', labels: {} })({}).add(4);
    expect(await text(metrics)).toContain('\nquay_plain_total 4\n');
    metrics.close();
  });
});

test('a collector that fails is left out and counted; the rest is told', async () => {
  const metrics = createMetrics();
  metrics.collected({ name: 'broken', help: 'x', type: 'gauge', collect: () => Promise.reject(new Error('down')) });
  metrics.collected({ name: 'sound', help: 'x', type: 'gauge', collect: () => [{ value: 7 }] });
  const first = await text(metrics);
  expect(first).not.toContain('quay_broken');
  expect(first).toContain('\nquay_sound 7\n');
  expect(await text(metrics)).toMatch(/\nquay_metrics_failures_total [12]\n/);
  metrics.close();
});

test('names the memory of the process, and its threads by name while they live', async () => {
  const metrics = createMetrics();
  const worker = new Worker('require("node:worker_threads").parentPort.once("message", () => {})', {
    eval: true,
    name: 'helper',
  });
  await once(worker, 'online');
  const during = await text(metrics);
  expect(during).toMatch(/^process_resident_memory_bytes \d+/m);
  expect(during).toMatch(/^nodejs_eventloop_lag_seconds /m);
  expect(during).toContain('quay_threads{thread="main"} 1\nquay_threads{thread="helper"} 1\n');
  expect(during).toMatch(/^quay_thread_busy_seconds_total\{thread="main"\} \d/m);
  expect(Number(/^quay_thread_heap_bytes\{thread="helper"\} (\d+)/m.exec(during)?.[1])).toBeGreaterThan(100_000);
  worker.postMessage('end');
  await once(worker, 'exit');
  const after = await text(metrics);
  expect(after).not.toContain('quay_threads{thread="helper"}');
  expect(after).toContain('quay_thread_busy_seconds_total{thread="helper"}');
  metrics.close();
});
