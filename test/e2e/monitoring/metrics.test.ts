import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { available, hasProgram } from '../../support/components.ts';
import { get } from '../../support/get.ts';
import { type Account, freePort, startServer, type TestServer } from '../../support/server.ts';
import { describeOnEachDatabase } from '../databases.ts';

const DEPLOY = join(import.meta.dirname, '../../../deploy');

let server: TestServer | undefined;
afterEach(async () => {
  await server?.dispose();
  server = undefined;
});

async function send(
  { url }: TestServer,
  account: Account,
  method: string,
  path: string,
  type: string,
  body: Buffer | string,
) {
  const authorization = `Basic ${Buffer.from(`${account.username}:${account.password}`).toString('base64')}`;
  const headers = { authorization, 'content-type': type };
  const response = await fetch(url + path, method === 'GET' ? { headers } : { method, headers, body });
  await response.arrayBuffer();
  return response.status;
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const LAYER = Buffer.alloc(1000, 'layer');

/** Pushes an image of two blobs, and pulls it by tag. */
async function pushAndPull(to: TestServer, account: Account): Promise<void> {
  const describeBlob = (bytes: Buffer | string, mediaType: string) => ({
    mediaType,
    digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    size: bytes.length,
  });
  const config = describeBlob('{}', 'application/vnd.oci.image.config.v1+json');
  const layer = describeBlob(LAYER, 'application/vnd.oci.image.layer.v1.tar');
  for (const [{ digest }, bytes] of [[config, '{}'] as const, [layer, LAYER] as const]) {
    const path = `/v2/owner/app/blobs/uploads/?digest=${digest}`;
    expect(await send(to, account, 'POST', path, 'application/octet-stream', bytes)).toBe(201);
  }
  const manifest = JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config, layers: [layer] });
  expect(await send(to, account, 'PUT', '/v2/owner/app/manifests/1.0', MANIFEST, manifest)).toBe(201);
  expect(await send(to, account, 'PUT', '/v2/owner/app/manifests/1.1', MANIFEST, '{"no": "manifest"}')).toBe(400);
  expect(await send(to, account, 'GET', '/v2/owner/app/manifests/1.0', '', '')).toBe(200);
  expect(await send(to, account, 'GET', '/v2/owner/app/manifests/none', '', '')).toBe(404);
  expect(await send(to, account, 'GET', `/v2/owner/app/blobs/${layer.digest}`, '', '')).toBe(200);
}

/** Value of the series, whose labels are written in the order of the scrape. */
function valueOf(text: string, series: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1) ?? Number.NaN);
}

/** Names of all metrics that expressions of PromQL speak of. */
function namesIn(text: string): Set<string> {
  return new Set(text.match(/\b(?:quay|process|nodejs)_[a-z0-9_]+/g) ?? []);
}

describeOnEachDatabase('metrics', (database) => {
  it('tell of pushes, pulls, sign-ins, threads and services under Quay’s names, on a port of their own', async () => {
    const port = await freePort();
    server = await startServer({ config: { ...database().config, METRICS_LISTEN: `127.0.0.1:${port}` } });
    const account = await server.initialize();
    await pushAndPull(server, account);
    const scrape = async () => (await get(`http://127.0.0.1:${port}/metrics`)).body;
    let body = await scrape();
    // A client may have the last byte before the server has noticed that it is sent.
    const pulledBytes = 'quay_registry_image_pulled_estimated_bytes_total{protocol="v2"}';
    while (!(valueOf(body, pulledBytes) > 1000)) body = await scrape();
    expect((await get(`http://127.0.0.1:${port}/v2/`)).status).toBe(404);
    expect((await get(`${server.url}/metrics`)).body).toContain('quay_build_info');

    expect(valueOf(body, 'quay_registry_image_pulls_total{protocol="v2",ref="tag",status="200"}')).toBe(1);
    expect(valueOf(body, 'quay_registry_image_pulls_total{protocol="v2",ref="tag",status="404"}')).toBe(1);
    const pushes = 'quay_registry_image_pushes_total{protocol="v2",status=';
    expect(valueOf(body, `${pushes}"201",media_type="${MANIFEST}"}`)).toBe(1);
    expect(valueOf(body, `${pushes}"400",media_type="${MANIFEST}"}`)).toBe(1);
    expect(valueOf(body, 'quay_registry_image_pushed_bytes_total{protocol="v2"}')).toBeGreaterThan(1002);
    expect(valueOf(body, 'quay_authentication_attempts_total{auth_kind="basic",success="True"}')).toBe(7);
    const route = '/v2/{name}/manifests/{reference}';
    expect(valueOf(body, `quay_request_duration_seconds_count{method="PUT",route="${route}",status="201"}`)).toBe(1);
    for (const service of [
      'database',
      'database_writes',
      'database_revision',
      'disk_space',
      'service_key',
      'storage',
    ]) {
      expect(valueOf(body, `quay_service_up{service="${service}"}`), service).toBe(1);
    }
    expect(valueOf(body, 'quay_threads{thread="upload"}')).toBeGreaterThan(0);
    expect(valueOf(body, 'quay_user_rows')).toBe(1);
    expect(valueOf(body, 'quay_repository_rows')).toBe(1);
    expect(valueOf(body, 'quay_queue_items_failed{queue_name="registry.uploads"}')).not.toBeGreaterThan(0);
    expect(valueOf(body, 'quay_disk_free_bytes{place="storage"}')).toBeGreaterThan(0);
    expect(valueOf(body, 'quay_metrics_failures_total')).toBe(0);
    if (database().dialect === 'sqlite') {
      expect(valueOf(body, 'quay_thread_heap_bytes{thread="database-writer"}')).toBeGreaterThan(0);
    }
    // Nothing that a client names becomes a label.
    expect(body).not.toMatch(/owner|app"|"1\.0"/);
    expect(server.defects()).toEqual([]);
  });

  it('are all there that the dashboard and the alert rules speak of', async () => {
    const port = await freePort();
    server = await startServer({ config: { ...database().config, METRICS_LISTEN: `127.0.0.1:${port}` } });
    await pushAndPull(server, await server.initialize());
    const scrape = (await get(`http://127.0.0.1:${port}/metrics`)).body;
    const series = new Set(scrape.split('\n').map((line) => /^[a-z0-9_]+/.exec(line)?.[0] ?? ''));
    const rules = readFileSync(join(DEPLOY, 'prometheus/gantry.rules.yml'), 'utf8');
    const dashboard = readFileSync(join(DEPLOY, 'grafana/gantry.json'), 'utf8');
    JSON.parse(dashboard);
    for (const [source, text] of Object.entries({ rules, dashboard })) {
      const names = namesIn(text);
      expect(names.size, source).toBeGreaterThan(8);
      for (const name of names) expect(series, `${name} of the ${source}`).toContain(name);
    }
  });
});

describe('the port of the metrics', () => {
  it('stops the start when it was named and is taken, and does not when nobody named it', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(startServer({ config: { METRICS_LISTEN: `127.0.0.1:${port}` } })).rejects.toThrow(
      new RegExp(`METRICS_LISTEN.*Port ${port} is in use`),
    );
    other.close();
    server = await startServer();
    const second = await startServer();
    expect(JSON.stringify([server.log(), second.log()])).toContain('The metrics have no port of their own');
    await second.dispose();
  });

  it('is closed to those without the token, and named as the operator wants', async () => {
    const port = await freePort();
    server = await startServer({
      config: { METRICS_LISTEN: `0.0.0.0:${port}`, METRICS_TOKEN: 'scrape-me', PROMETHEUS_NAMESPACE: 'acme' },
    });
    const metrics = `http://127.0.0.1:${port}/metrics`;
    expect((await get(metrics, { host: 'node-1.example' })).status).toBe(401);
    const { body } = await get(metrics, { host: 'node-1.example', authorization: 'Bearer scrape-me' });
    expect(body).toContain('acme_build_info');
    expect(body).not.toContain('quay_');
    expect(JSON.stringify(server.log())).not.toContain('scrape-me');
  });
});

const promtool = available('prometheus', hasProgram('promtool'));

describe('for Prometheus', () => {
  it.skipIf(!promtool)('its own tool accepts the rules and the configuration (prometheus)', () => {
    const check = (...args: string[]) => execFileSync('promtool', ['check', ...args], { encoding: 'utf8' });
    expect(check('rules', join(DEPLOY, 'prometheus/gantry.rules.yml'))).toContain('SUCCESS');
    expect(check('config', join(DEPLOY, 'prometheus/prometheus.yml'))).toContain('SUCCESS');
  });

  it.skipIf(!promtool)('its own tool finds nothing wrong with what is scraped (prometheus)', async () => {
    server = await startServer();
    await pushAndPull(server, await server.initialize());
    const { body } = await get(`${server.url}/metrics`);
    expect(() => execFileSync('promtool', ['check', 'metrics'], { input: body, encoding: 'utf8' })).not.toThrow();
  });
});
