import { describe, expect, test } from 'vitest';
import { AppError } from '../../kernel/errors.ts';
import { startHttp } from '../../../test/support/http.ts';
import type { Mount, RequestHandler } from './index.ts';

function mount(handler: RequestHandler, more: Partial<Mount> = {}): Mount {
  return { prefix: '/v2', errors: 'oci', handler, ...more };
}

const ok: RequestHandler = ({ res }) => {
  res.writeHead(200, ['Content-Length', '2']);
  res.end('ok');
};

describe('answers', () => {
  test('carry the request id and the fixed headers of the mount, however the handler gives its own', async () => {
    const headers = { 'X-Content-Type-Options': 'nosniff' };
    await using server = await startHttp({
      mounts: [
        mount(ok, { prefix: '/list', headers }),
        mount(({ res }) => void res.writeHead(200, { A: '1', 'Set-Cookie': ['x=1', 'y=2'] }).end('ok'), {
          prefix: '/object',
          headers,
        }),
        mount(({ res }) => void res.setHeader('A', '1').end('ok'), { prefix: '/set', headers }),
      ],
    });
    const ids = new Set<string>();
    for (const path of ['/list', '/object/below', '/set']) {
      const answer = await fetch(server.url + path);
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(await answer.text()).toBe('ok');
      if (path !== '/list') expect(answer.headers.get('a')).toBe('1');
      if (path === '/object/below') expect(answer.headers.getSetCookie()).toEqual(['x=1', 'y=2']);
      ids.add(answer.headers.get('x-request-id') ?? '');
    }
    expect(ids.size).toBe(3);
  });

  test('come from the mount with the longest prefix, whole segments only', async () => {
    const named =
      (name: string): RequestHandler =>
      ({ res, path, query }) =>
        void res.end(`${name} ${path} ${query}`);
    await using server = await startHttp({
      mounts: [
        mount(named('root'), { prefix: '/' }),
        mount(named('v2'), { prefix: '/v2' }),
        mount(named('auth'), { prefix: '/v2/auth' }),
      ],
    });
    const get = async (path: string) => (await fetch(server.url + path)).text();
    expect(await get('/v2/')).toBe('v2 /v2/ ');
    expect(await get('/v2/auth?scope=a%2Fb')).toBe('auth /v2/auth scope=a%2Fb');
    expect(await get('/v2/authors')).toBe('v2 /v2/authors ');
    expect(await get('/v20')).toBe('root /v20 ');
  });

  test('without a mount are 404 in JSON', async () => {
    await using server = await startHttp({ mounts: [mount(ok)] });
    const answer = await fetch(`${server.url}/nowhere`);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ status: 404, error_type: 'not_found' });
  });
});

describe('errors', () => {
  test('have the OCI shape, with extra headers', async () => {
    await using server = await startHttp({
      mounts: [
        mount(() => {
          throw new AppError('UNAUTHORIZED', 'Sign in', {
            detail: { scope: 'pull' },
            headers: { 'WWW-Authenticate': 'Bearer realm="x"' },
          });
        }),
      ],
    });
    const answer = await fetch(`${server.url}/v2/`);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="x"');
    expect(await answer.json()).toEqual({
      errors: [{ code: 'UNAUTHORIZED', message: 'Sign in', detail: { scope: 'pull' } }],
    });
    const head = await fetch(`${server.url}/v2/`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([401, '']);
  });

  test('have the shape of Quay under its API', async () => {
    await using server = await startHttp({
      mounts: [
        mount(
          async () => {
            await Promise.resolve();
            throw new AppError('DENIED', 'Not yours', { detail: { repository: 'a/b' } });
          },
          { errors: 'quay', prefix: '/api' },
        ),
      ],
    });
    const answer = await fetch(`${server.url}/api/v1/x`);
    expect(answer.status).toBe(403);
    expect(await answer.json()).toEqual({
      repository: 'a/b',
      detail: 'Not yours',
      error_message: 'Not yours',
      error_type: 'insufficient_scope',
      title: 'insufficient_scope',
      type: `${server.url}/api/v1/error/insufficient_scope`,
      status: 403,
    });
  });

  test('that nobody expected tell a reference, and only the log tells the causes', async () => {
    await using server = await startHttp({
      mounts: [
        mount(() => {
          throw new Error('outer detail', { cause: new Error('inner detail') });
        }),
      ],
    });
    const answer = await fetch(`${server.url}/v2/`);
    const body = await answer.text();
    expect(answer.status).toBe(500);
    expect(body).not.toMatch(/outer|inner/);
    const id = answer.headers.get('x-request-id') ?? '';
    expect(body).toContain(id);
    const line = server.logLines().find((entry) => entry['msg'] === 'request failed');
    expect(line).toMatchObject({
      level: 'error',
      request: id,
      err: { message: 'outer detail', cause: { message: 'inner detail' } },
    });
  });

  test.each([
    ['ENOSPC', Object.assign(new Error('write'), { code: 'ENOSPC' }), 507],
    ['ENOSPC as a cause', new Error('x', { cause: Object.assign(new Error('write'), { code: 'ENOSPC' }) }), 507],
    ['EIO', Object.assign(new Error('read'), { code: 'EIO' }), 503],
    ['a full SQLite database', Object.assign(new Error('full'), { code: 'ERR_SQLITE_ERROR', errcode: 13 }), 507],
    ['a database that shuts down', Object.assign(new Error('x'), { code: '57P01' }), 503],
    ['malformed percent-encoding', new URIError('URI malformed'), 400],
    ['no error at all', 'text', 500],
  ])('of the system are translated: %s', async (_name, thrown, status) => {
    await using server = await startHttp({ mounts: [mount(() => Promise.reject(thrown))] });
    expect((await fetch(`${server.url}/v2/`)).status).toBe(status);
  });

  test('after the head was sent break the connection', async () => {
    await using server = await startHttp({
      mounts: [
        mount(async ({ res }) => {
          res.writeHead(200, { 'Content-Length': 100 });
          res.write('half');
          await Promise.resolve();
          throw new Error('lost the rest');
        }),
      ],
    });
    await expect(fetch(`${server.url}/v2/`).then((answer) => answer.text())).rejects.toThrow();
    expect(server.logLines()).toContainEqual(expect.objectContaining({ level: 'error', msg: 'request failed' }));
  });

  test('of a handler that forgets to answer are 500', async () => {
    await using server = await startHttp({ mounts: [mount(async () => {})] });
    expect((await fetch(`${server.url}/v2/`)).status).toBe(500);
  });
});

describe('bookkeeping', () => {
  test('counts requests and logs writes', async () => {
    await using server = await startHttp({ mounts: [mount(ok)] });
    await (await fetch(`${server.url}/v2/a`)).text();
    await (
      await fetch(`${server.url}/v2/b`, { method: 'PUT', body: 'x', headers: { Authorization: 'Basic c2VjcmV0' } })
    ).text();
    const { text } = await server.metrics.renderMetrics();
    expect(text).toContain('quay_request_duration_seconds_count{method="GET",route="/v2",status="200"} 1');
    expect(text).toContain('quay_request_duration_seconds_count{method="PUT",route="/v2",status="200"} 1');
    expect(text).toContain('quay_requests_in_flight{mount="/v2"} 0');
    const requests = server.logLines().filter((line) => line['msg'] === 'request');
    expect(requests.map((line) => [line['level'], line['method'], line['path']])).toEqual([
      ['debug', 'GET', '/v2/a'],
      ['info', 'PUT', '/v2/b'],
    ]);
    expect(JSON.stringify(server.logLines())).not.toContain('c2VjcmV0');
  });
});
