import { Hono } from 'hono';
import { request } from 'node:http';
import { expect, test } from 'vitest';
import { AppError } from '../../kernel/errors.ts';
import { startHttp } from '../../../test/support/http.ts';
import { mountHono, type PipelineEnv } from './index.ts';

function start() {
  const app = new Hono<PipelineEnv>();
  app.get('/api/ok', (c) => c.json({ id: c.env.context.id, host: c.env.context.host }));
  app.post('/api/echo', async (c) => c.json(await c.req.json()));
  app.post('/api/refuse', () => {
    throw new AppError('DENIED', 'Not yours');
  });
  app.get('/api/defect', () => {
    throw new Error('a defect');
  });
  return startHttp({
    mounts: [{ prefix: '/api', errors: 'quay', handler: mountHono(app), headers: { 'X-Fixed': 'yes' } }],
  });
}

test('a handler sees the context of the pipeline and answers with its headers', async () => {
  await using server = await start();
  const answer = await fetch(`${server.url}/api/ok`);
  expect(answer.headers.get('x-fixed')).toBe('yes');
  expect(await answer.json()).toEqual({ id: answer.headers.get('x-request-id'), host: `127.0.0.1:${server.port}` });
  const echo = await fetch(`${server.url}/api/echo`, { method: 'POST', body: '{"a":1}' });
  expect(await echo.json()).toEqual({ a: 1 });
});

test('errors are answered by the pipeline', async () => {
  await using server = await start();
  const refused = await fetch(`${server.url}/api/refuse`, { method: 'POST', body: '{}' });
  expect(refused.status).toBe(403);
  expect(await refused.json()).toMatchObject({ error_type: 'insufficient_scope', detail: 'Not yours' });
  expect((await fetch(`${server.url}/api/nothing`)).status).toBe(404);
  const defect = await fetch(`${server.url}/api/defect`);
  expect(defect.status).toBe(500);
  expect(await defect.text()).not.toContain('a defect');
  expect(JSON.stringify(server.logLines())).toContain('a defect');
});

test.each([
  ['/api/echo', 200, true],
  ['/api/refuse', 403, false],
])('a body is asked for when it is read: %s', async (path, status, continued) => {
  await using server = await start();
  const outcome = await new Promise((resolve, reject) => {
    let asked = false;
    const headers = { Expect: '100-continue', 'Content-Length': 2 };
    const req = request({ port: server.port, host: '127.0.0.1', path, method: 'POST', headers });
    req.on('continue', () => {
      asked = true;
      req.end('{}');
    });
    req.on('response', (res) => {
      res.resume();
      resolve([res.statusCode, asked]);
      if (!asked) req.destroy();
    });
    req.on('error', reject);
    req.flushHeaders();
  });
  expect(outcome).toEqual([status, continued]);
});
