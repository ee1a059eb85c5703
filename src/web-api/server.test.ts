import { beforeAll, expect, it } from 'vitest';
import { type Person, startApi, type TestApi } from '../../test/support/api-people.ts';
import { bySession } from '../../test/support/api-caller.ts';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import { startHttp, type TestServer } from '../../test/support/http.ts';
import { createWebApi, createWellKnownHandler, type ServerControl } from './index.ts';

describeOnBothDatabases('what the server tells about itself', (context) => {
  let api: TestApi;
  let root: Person;
  let ada: Person;
  beforeAll(async () => {
    api = await startApi(context().db);
    [root, ada] = [await api.person('root', { superuser: true }), await api.person('ada')];
    return () => api[Symbol.asyncDispose]();
  });

  /** The API over a server that can or cannot start again. */
  const withControl = async (problems: readonly string[], readOnly = false) => {
    const restarts: number[] = [];
    const server: ServerControl = {
      inspect: () => Promise.resolve({ startedAt: 1000, changedKeys: ['REGISTRY_TITLE'], problems, warnings: ['w'] }),
      restart: () => void restarts.push(1),
    };
    const rules = { ...api.ports.rules, readOnly };
    const handler = createWebApi({ ...api.ports, server, rules });
    const http = await startHttp({ mounts: [{ prefix: '/api/v1', errors: 'quay', handler }] });
    const call = async (by: Person | undefined, method: string, path: string) => {
      const headers = { Authorization: `Bearer ${by?.token ?? 'none'}` };
      const answer = await fetch(`${http.url}/api/v1${path}`, { method, headers });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    };
    return { http, call, restarts };
  };

  it('is ready, to everybody, and more to superusers', async () => {
    const { http, call } = await withControl([]);
    await using _ = http;
    expect(await call(undefined, 'GET', '/superuser/registrystatus')).toEqual({
      status: 200,
      body: { status: 'ready' },
    });
    expect((await call(undefined, 'GET', '/superuser/configstatus')).status).toBe(401);
    expect((await call(ada, 'GET', '/superuser/configstatus')).status).toBe(403);
    expect((await call(root, 'GET', '/superuser/configstatus')).body).toEqual({
      started: '1970-01-01T00:00:01.000Z',
      restart_required: true,
      changed_keys: ['REGISTRY_TITLE'],
      can_restart: true,
      problems: [],
      warnings: ['w'],
    });
  });

  it('begins anew for superusers alone, when it could start, in read-only mode too', async () => {
    const ready = await withControl([], true);
    await using _ = ready.http;
    expect((await ready.call(undefined, 'POST', '/superuser/shutdown')).status).toBe(401);
    expect((await ready.call(ada, 'POST', '/superuser/shutdown')).status).toBe(403);
    expect(ready.restarts).toEqual([]);
    expect(await ready.call(root, 'POST', '/superuser/shutdown')).toEqual({ status: 200, body: {} });
    expect(ready.restarts).toEqual([1]);
    const broken = await withControl(['config.yaml:1: wrong', 'database: away']);
    await using __ = broken.http;
    expect(await broken.call(root, 'POST', '/superuser/shutdown')).toMatchObject({
      status: 400,
      body: { problems: ['config.yaml:1: wrong', 'database: away'] },
    });
    expect(broken.restarts).toEqual([]);
  });

  it('tells what it can do in the shape of Quay', async () => {
    expect(await api.call(undefined, 'GET', '/registry/capabilities')).toEqual({
      status: 200,
      body: {
        sparse_manifests: { supported: false, required_architectures: [], optional_architectures_allowed: false },
        mirror_architectures: ['amd64', 'arm64', 'ppc64le', 's390x'],
      },
    });
  });

  it('says to administrators of a repository that it has no tokens any more', async () => {
    expect(
      (await api.call(ada, 'POST', '/repository', { repository: 'app', visibility: 'private', description: '' }))
        .status,
    ).toBe(201);
    const path = '/repository/ada/app/tokens/';
    for (const [method, at, body] of [
      ['GET', path, undefined],
      ['POST', path, { friendlyName: 'ci' }],
      ['GET', `${path}code`, undefined],
      ['PUT', `${path}code`, { role: 'read' }],
      ['DELETE', `${path}code`, undefined],
    ] as const) {
      const gone = await api.call(ada, method, at, body);
      expect(gone).toMatchObject({ status: 410, body: { message: expect.stringContaining('robot') } });
      expect((await api.call(root, method, at, body)).status).toBe(403);
    }
  });

  it('names the addresses that programs look for', async () => {
    const server: TestServer = await startHttp({
      mounts: [{ prefix: '/.well-known', errors: 'quay', handler: createWellKnownHandler(api.ports) }],
      config: { publicHosts: ['registry.test'] },
    });
    await using _ = server;
    const get = (path: string, headers: Record<string, string> = {}) =>
      fetch(`${server.url}/.well-known/${path}`, { headers, redirect: 'manual' });
    const { capabilities } = (await (await get('app-capabilities')).json()) as {
      capabilities: Record<string, unknown>;
    };
    expect(capabilities).toMatchObject({
      'io.quay.view-image': { 'url-template': 'http://registry.test/{namespace}/{reponame}:{tag}' },
      'io.quay.manifest-security': {
        'rest-api-template': 'http://registry.test/api/v1/repository/{namespace}/{reponame}/manifest/{digest}/security',
      },
    });
    const stranger = await get('change-password');
    expect([stranger.status, stranger.headers.get('location')]).toEqual([302, '/signin']);
    const session = await bySession(context().db, api.identity, ada.actor);
    expect((await get('change-password', { ...session })).headers.get('location')).toBe('/user/ada?tab=settings');
    expect((await get('resource-that-should-not-exist-whose-status-code-should-not-be-200')).status).toBe(404);
    expect((await fetch(`${server.url}/.well-known/change-password`, { method: 'POST' })).status).toBe(405);
  });
});
