import { expect, test } from 'vitest';
import { createMetrics } from './index.ts';

test('counts requests by mount, method and class of status', async () => {
  const metrics = createMetrics();
  const v2 = metrics.http.forMount('/v2');
  for (const [method, status, ms] of [
    ['GET', 200, 0.4],
    ['GET', 206, 30],
    ['BREW', 418, 1],
    ['PUT', 201, 700_000],
  ] as const) {
    v2.start();
    v2.finish(method, status, ms);
  }
  v2.start();
  const { text, contentType } = await metrics.renderMetrics();
  expect(contentType).toContain('text/plain');
  expect(text).toContain('gantry_http_requests_total{mount="/v2",method="GET",status="2xx"} 2');
  expect(text).toContain('gantry_http_requests_total{mount="/v2",method="other",status="4xx"} 1');
  expect(text).toContain('gantry_http_requests_in_flight{mount="/v2"} 1');
  expect(text).toMatch(/duration_seconds_bucket\{[^}]*method="GET",le="0.001"\} 1\n/);
  expect(text).toMatch(/duration_seconds_bucket\{[^}]*method="GET",le="0.05"\} 2\n/);
  expect(text).toMatch(/duration_seconds_bucket\{[^}]*method="PUT",le="600"\} 0\n/);
  expect(text).toMatch(/duration_seconds_bucket\{[^}]*method="PUT",le="\+Inf"\} 1\n/);
  expect(text).toMatch(/duration_seconds_count\{mount="\/v2",method="GET"\} 2\n/);
  // Reading twice does not count twice.
  expect((await metrics.renderMetrics()).text).toContain('method="GET",status="2xx"} 2');
});

test('names the memory of the process', async () => {
  expect((await createMetrics().renderMetrics()).text).toContain('process_resident_memory_bytes');
});
