import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { get } from '../../test/support/get.ts';
import { startHttp } from '../../test/support/http.ts';
import { createWebHandler } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'gantry-web-'));
mkdirSync(join(folder, 'static'));
writeFileSync(join(folder, 'index.html'), '<!doctype html><p>hello');
writeFileSync(join(folder, 'static/app.js'), 'export {};');
afterAll(() => rmSync(folder, { recursive: true }));

const start = async () =>
  startHttp({ mounts: [{ prefix: '/', errors: 'quay', handler: await createWebHandler(folder) }] });

it('serves the pages with their types and a policy that allows nothing inline', async () => {
  await using server = await start();
  const page = await get(`${server.url}/`);
  expect(page.status).toBe(200);
  expect(page.body).toContain('hello');
  expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(page.headers['content-security-policy']).toContain("default-src 'none'");
  expect((await get(`${server.url}/static/app.js`)).headers['content-type']).toBe('text/javascript; charset=utf-8');
});

it('answers 304 to who has the page, and 404 outside the folder', async () => {
  await using server = await start();
  const { headers } = await get(`${server.url}/`);
  expect((await get(`${server.url}/`, { 'If-None-Match': String(headers['etag']) })).status).toBe(304);
  for (const path of ['/nothing', '/../package.json', '/%2e%2e/package.json', '/static/']) {
    expect((await get(server.url + path)).status).toBe(404);
  }
});
