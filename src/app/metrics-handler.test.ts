import { describe, expect, test } from 'vitest';
import { get } from '../../test/support/get.ts';
import { startHttp } from '../../test/support/http.ts';
import { createMetrics } from '../platform/metrics/index.ts';
import type { MetricsAccess } from './may-read-metrics.ts';
import { createMetricsHandler } from './metrics-handler.ts';

const CLOSED: MetricsAccess = { token: undefined, allowedCidrs: [], open: false };
const STRANGER = { host: 'registry.example' };

async function statusFor(
  access: Partial<MetricsAccess>,
  headers: Record<string, string>,
  trustedProxies: string[] = [],
) {
  const metrics = createMetrics();
  await using server = await startHttp({
    mounts: [{ prefix: '/metrics', errors: 'quay', handler: createMetricsHandler(metrics, { ...CLOSED, ...access }) }],
    config: { trustedProxies },
  });
  const { status, body } = await get(`${server.url}/metrics`, headers);
  metrics.close();
  expect(body.includes('process_cpu')).toBe(status === 200);
  return status;
}

describe('the metrics', () => {
  test('are there for programs on this machine, and for nobody else', async () => {
    expect(await statusFor({}, {})).toBe(200);
    // A web page that made its name mean this machine, and clients of a proxy on this machine.
    expect(await statusFor({}, STRANGER)).toBe(404);
    expect(await statusFor({}, { 'x-forwarded-for': '127.0.0.1' })).toBe(404);
  });

  test('are there for whoever has the token, and others are asked for it', async () => {
    const token = 'a-long-secret';
    expect(await statusFor({ token }, { ...STRANGER, authorization: `Bearer ${token}` })).toBe(200);
    expect(await statusFor({ token }, { ...STRANGER, authorization: `Bearer ${token}x` })).toBe(401);
    expect(await statusFor({ token }, { ...STRANGER, authorization: `Basic ${token}` })).toBe(401);
    expect(await statusFor({ token }, STRANGER)).toBe(401);
    expect(await statusFor({ token }, {})).toBe(200);
  });

  test('are there for the allowed addresses, which nobody gets by hiding behind a proxy', async () => {
    const allowedCidrs = ['127.0.0.0/8'];
    expect(await statusFor({ allowedCidrs }, STRANGER)).toBe(200);
    expect(await statusFor({ allowedCidrs: ['10.0.0.0/8'] }, STRANGER)).toBe(404);
    // The address is that of a proxy nobody has vouched for.
    expect(await statusFor({ allowedCidrs }, { ...STRANGER, 'x-forwarded-for': '203.0.113.9' })).toBe(404);
    // A trusted proxy tells the client's.
    const behind = { ...STRANGER, 'x-forwarded-for': '10.1.2.3' };
    expect(await statusFor({ allowedCidrs: ['10.0.0.0/8'] }, behind, ['127.0.0.1'])).toBe(200);
    expect(await statusFor({ allowedCidrs }, behind, ['127.0.0.1'])).toBe(404);
  });

  test('are there for everybody on a port that was opened to them', async () => {
    expect(await statusFor({ open: true }, STRANGER)).toBe(200);
  });
});
