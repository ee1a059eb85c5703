import { expect, test } from 'vitest';
import { get } from '../../test/support/get.ts';
import { startHttp } from '../../test/support/http.ts';
import type { RequestHandler } from '../platform/http/index.ts';
import { createStartupGate } from './startup-gate.ts';

const answer =
  (text: string): RequestHandler =>
  ({ res }) =>
    void res.end(text);

test('until it is open, requests are told to come again, and health tells how far it is', async () => {
  const gate = createStartupGate();
  await using server = await startHttp({
    mounts: [
      { prefix: '/v2', errors: 'oci', handler: gate.behind('/v2') },
      { prefix: '/health', errors: 'quay', handler: gate.health },
    ],
  });
  const refused = await get(`${server.url}/v2/`);
  expect([refused.status, refused.headers['retry-after']]).toEqual([503, '2']);
  expect(refused.body).toContain('The server is starting');
  expect((await get(`${server.url}/health/instance`)).body).not.toContain('migrating');
  gate.migrating(3, 17);
  const health = await get(`${server.url}/health/instance`);
  expect([health.status, health.headers['retry-after']]).toEqual([503, '2']);
  expect(JSON.parse(health.body)).toEqual({
    data: {
      services: { registry_gunicorn: false, web_gunicorn: false, database: false },
      is_testing: false,
      migrating: '3/17',
    },
    status_code: 503,
  });
  expect((await get(`${server.url}/v2/`)).body).toContain('(3/17)');
  gate.open(new Map([['/v2', answer('registry')]]), answer('healthy'));
  expect((await get(`${server.url}/v2/`)).body).toBe('registry');
  expect((await get(`${server.url}/health`)).body).toBe('healthy');
});
