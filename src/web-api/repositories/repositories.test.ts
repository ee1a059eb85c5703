import { beforeAll, expect, it } from 'vitest';
import { type Person, startApi, type TestApi } from '../../../test/support/api-people.ts';
import { describeOnBothDatabases } from '../../../test/support/databases.ts';
import { POLICY } from '../../../test/support/web-api.ts';
import type { AuditTables } from '../../audit/index.ts';
import { type CatalogTables, ensureRepository, grantRole, putManifest, resolveAccess } from '../../catalog/index.ts';
import { shownRepository } from '../../contract/index.ts';
import { createOrganization } from '../../identity/index.ts';
import { MEDIA_TYPES } from '../../kernel/media-types.ts';
import { parseDigest } from '../../kernel/digest.ts';
import { parseRepositoryName, parseTag, type RepositoryName } from '../../kernel/reference.ts';
import { createHash } from 'node:crypto';

const SYSTEM = { kind: 'system', name: undefined } as const;

describeOnBothDatabases('repositories over the API', (context) => {
  let api: TestApi;
  let [ada, bob, eve]: Person[] = [];
  beforeAll(async () => {
    const { db } = context();
    api = await startApi(db);
    ada = await api.person('ada');
    bob = await api.person('bob');
    eve = await api.person('eve');
    await db.transaction((tx) => createOrganization(tx, 'acme', { userId: ada?.userId ?? 0 }, SYSTEM));
    return () => api[Symbol.asyncDispose]();
  });

  const create = (by: Person | string | undefined, body: Record<string, unknown>) =>
    api.call(by, 'POST', '/repository', { visibility: 'private', description: '', ...body });
  const logOf = async (repository: string) => {
    const rows = await context().db.read<AuditTables>().selectFrom('audit_log').selectAll().orderBy('id').execute();
    return rows
      .map((row) => ({ ...row, facts: JSON.parse(row.metadata) as Record<string, unknown> }))
      .filter(({ facts }) => facts['repo'] === repository);
  };

  it('are created in the own namespace unless another is named, and logged', async () => {
    const made = await create(ada, { repository: 'first', description: '# Hello' });
    expect(made).toEqual({ status: 201, body: { namespace: 'ada', name: 'first', kind: 'image' } });
    const inOrganization = await create(ada, {
      namespace: 'acme',
      repository: 'team/app',
      visibility: 'public',
      repo_kind: 'image',
    });
    expect(inOrganization).toEqual({ status: 201, body: { namespace: 'acme', name: 'team/app', kind: 'image' } });
    expect(await create(ada, { repository: 'of-a-kind', repo_kind: null })).toMatchObject({ status: 201 });
    const shown = await api.call(ada, 'GET', '/repository/acme/team/app');
    expect(shown.body).toMatchObject({ namespace: 'acme', name: 'team/app', is_public: true, is_organization: true });
    const [entry] = await logOf('team/app');
    expect(entry).toMatchObject({ kind: 'create_repo', actor_kind: 'oauthtoken', actor_name: 'ada' });
    expect(entry?.facts).toEqual({ repo: 'team/app', namespace: 'acme' });
    expect(entry?.client_address).toBe('127.0.0.1');
  });

  it('are created once', async () => {
    await create(ada, { repository: 'once' });
    expect(await create(ada, { repository: 'once', visibility: 'public' })).toMatchObject({
      status: 400,
      body: { error_type: 'invalid_request', detail: 'Repository already exists' },
    });
    expect((await api.call(ada, 'GET', '/repository/ada/once')).body['is_public']).toBe(false);
  });

  it('are not created where the caller may not, whatever is there', async () => {
    await create(ada, { repository: 'hidden' });
    const refused = [];
    for (const [namespace, repository] of [
      ['ada', 'hidden'],
      ['ada', 'other'],
      ['ada', 'Not A Name'],
      ['acme', 'x'],
      ['nobody-at-all', 'x'],
      ['Not A Namespace', 'x'],
      ['../..', 'x'],
    ]) {
      refused.push(await create(eve, { namespace, repository }));
    }
    expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 403));
    expect(new Set(refused.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(await create(undefined, { repository: 'x' })).toMatchObject({ status: 401 });
    const narrow = await api.token(ada as Person, ['repo:admin', 'user:admin']);
    expect(await create(narrow, { repository: 'x' })).toMatchObject({ status: 403 });
  });

  it.each(['UPPER', 'a b', '', '/a', 'a/', 'a//b', '-a', 'a..b', 'ä', 'a:b', '../x', 'x'.repeat(255), '__proto__'])(
    'are not called %j',
    async (repository) => {
      const { status, body } = await create(ada, { repository });
      expect([status, body['error_type']]).toEqual([400, 'invalid_request']);
    },
  );

  it.each([
    ['a visibility of no kind', { visibility: 'secret' }],
    ['no description', { description: undefined }],
    ['a description that is no text', { description: { $ne: 1 } }],
    ['a description without end', { description: 'x'.repeat(25_001) }],
    ['a description that no database keeps', { description: 'a\0b' }],
    ['applications', { repo_kind: 'application' }],
    ['a name that is a number', { repository: 7 }],
  ])('are not created with %s', async (_, part) => {
    const { status, body } = await create(ada, { repository: 'faulty', ...part });
    expect([status, body['error_type']]).toEqual([400, 'invalid_request']);
    expect((await api.call(ada, 'GET', '/repository/ada/faulty')).status).toBe(403);
  });

  it('have one "/" in their full name where longer names are off, and keep those they have', async () => {
    await create(ada, { repository: 'deep/one' });
    await using strict = await startApi(context().db, { policy: { extendedNames: false } });
    const body = { visibility: 'private', description: '' };
    const deep = await strict.call(ada, 'POST', '/repository', { ...body, repository: 'deep/two' });
    expect(deep).toMatchObject({ status: 400, body: { error_type: 'invalid_request' } });
    expect((await strict.call(ada, 'POST', '/repository', { ...body, repository: 'flat' })).status).toBe(201);
    expect((await strict.call(ada, 'GET', '/repository/ada/deep/one')).status).toBe(200);
    const push = (text: string) =>
      context().db.transaction((tx) =>
        ensureRepository(tx, { ...POLICY, extendedNames: false }, (ada as Person).actor, named(text)),
      );
    await expect(push('ada/deep/three')).rejects.toMatchObject({ code: 'NAME_INVALID' });
    expect(await push('ada/deep/one')).toMatchObject({ state: 'NORMAL' });
  });

  it('are shown as Quay shows them', async () => {
    await create(ada, { repository: 'shown', description: 'What it is' });
    await push('ada/shown', 'v1', 3, [100, 250]);
    const { status, body } = await api.call(ada, 'GET', '/repository/ada/shown?includeStats=true');
    expect(status).toBe(200);
    expect(shownRepository.strict().parse(body)).toEqual(body);
    const { tags, stats, status_token: badge, ...rest } = body;
    expect(rest).toEqual({
      namespace: 'ada',
      name: 'shown',
      kind: 'image',
      description: 'What it is',
      is_public: false,
      is_organization: false,
      is_starred: false,
      trust_enabled: false,
      tag_expiration_s: 1_209_600,
      is_free_account: true,
      state: 'NORMAL',
      can_write: true,
      can_admin: true,
    });
    expect(badge).toMatch(/^[0-9a-f]{32}$/);
    expect(tags).toEqual({
      v1: {
        name: 'v1',
        size: 350,
        last_modified: expect.stringMatching(/^\w{3}, \d{2} \w{3} \d{4} \d\d:\d\d:\d\d -0000$/),
        manifest_digest: expect.stringMatching(/^sha256:/),
      },
    });
    const days = stats as { date: string; count: number }[];
    expect(days.length).toBe(91);
    expect(days.every(({ date, count }) => /^\d{4}-\d\d-\d\d$/.test(date) && count === 0)).toBe(true);
    expect(new Set(days.map(({ date }) => date)).size).toBe(91);
    const plain = await api.call(ada, 'GET', '/repository/ada/shown?includeTags=false');
    expect(Object.keys(plain.body)).not.toContain('tags');
    expect(Object.keys(plain.body)).not.toContain('stats');
  });

  it('show the tags that were set last, at most 500 of them', async () => {
    await create(ada, { repository: 'many' });
    await push('ada/many', '__proto__', 1, [1]);
    await push('ada/many', 'index', 1, []);
    for (let count = 0; count < 5; count += 1) {
      await push(
        'ada/many',
        Array.from({ length: 100 }, (_, index) => `t${count}-${index}`),
        count,
        [5],
      );
    }
    const tags = (await api.call(ada, 'GET', '/repository/ada/many')).body['tags'] as Record<string, unknown>;
    expect(Object.keys(tags).length).toBe(500);
    expect(Object.keys(tags).every((name) => /^t\d-\d+$/.test(name))).toBe(true);
  });

  it('show an index without a size, and a tag of any name as one', async () => {
    await create(ada, { repository: 'odd' });
    await push('ada/odd', '__proto__', 1, [7]);
    await push('ada/odd', 'multi', 0, 'index');
    const tags = (await api.call(ada, 'GET', '/repository/ada/odd')).body['tags'] as Record<string, { size: unknown }>;
    expect(tags['multi']?.size).toBeNull();
    expect(Object.hasOwn(tags, '__proto__')).toBe(true);
  });

  it('tell each caller what he may do', async () => {
    await create(ada, { namespace: 'acme', repository: 'shared', visibility: 'public' });
    const { db } = context();
    const access = await resolveAccess(db, POLICY, (ada as Person).actor, named('acme/shared'));
    const grant = { name: access.name, granteeName: 'bob', actor: (ada as Person).actor };
    const grantee = { kind: 'user', id: bob?.userId ?? 0 } as const;
    const repository = access.repository;
    if (repository === undefined) throw new Error('it was not created');
    await db.transaction((tx) => grantRole(tx, { ...grant, repository, grantee }, 'write'));
    const may = async (by: Person | undefined) => {
      const { body } = await api.call(by, 'GET', '/repository/acme/shared');
      return [body['can_write'], body['can_admin'], body['status_token']];
    };
    expect(await may(ada)).toEqual([true, true, '']);
    expect(await may(bob)).toEqual([true, false, '']);
    expect(await may(eve)).toEqual([false, false, '']);
    expect(await may(undefined)).toEqual([false, false, '']);
    await db.transaction((tx) =>
      tx
        .query<CatalogTables>()
        .updateTable('repository')
        .set({ state: 'READ_ONLY' })
        .where('id', '=', repository.id)
        .execute(),
    );
    expect((await api.call(ada, 'GET', '/repository/acme/shared')).body['state']).toBe('READ_ONLY');
    expect(await may(ada)).toEqual([false, true, '']);
  });

  it('say how long deleted tags of their namespace can be brought back', async () => {
    await create(ada, { namespace: 'acme', repository: 'timed' });
    const told = async () => (await api.call(ada, 'GET', '/repository/acme/timed')).body['tag_expiration_s'];
    expect(await told()).toBe(1_209_600);
    await api.call(ada, 'PUT', '/organization/acme', { tag_expiration_s: 86_400 });
    expect(await told()).toBe(86_400);
  });

  it('are described by who may write, and the log says how', async () => {
    await create(ada, { repository: 'described' });
    const describing = (by: Person | undefined, description: unknown) =>
      api.call(by, 'PUT', '/repository/ada/described', { description });
    expect(await describing(ada, 'New')).toEqual({ status: 200, body: { success: true } });
    expect((await api.call(ada, 'GET', '/repository/ada/described')).body['description']).toBe('New');
    expect((await describing(eve, 'Mine')).status).toBe(403);
    expect((await describing(undefined, 'Mine')).status).toBe(401);
    expect((await describing(ada, 7)).status).toBe(400);
    expect((await describing(ada, 'x'.repeat(25_001))).status).toBe(400);
    const entries = (await logOf('described')).filter(({ kind }) => kind === 'set_repo_description');
    expect(entries.map(({ facts }) => facts)).toEqual([{ repo: 'described', namespace: 'ada', description: 'New' }]);
  });

  it('are made public and private again from the next request on, and the log says so', async () => {
    await create(ada, { repository: 'turned' });
    const turn = (by: Person | undefined, visibility: string) =>
      api.call(by, 'POST', '/repository/ada/turned/changevisibility', { visibility });
    const seenBy = async (by: Person | undefined) => (await api.call(by, 'GET', '/repository/ada/turned')).status;
    expect([await seenBy(eve), await seenBy(undefined)]).toEqual([403, 401]);
    expect(await turn(ada, 'public')).toEqual({ status: 200, body: { success: true } });
    expect([await seenBy(eve), await seenBy(undefined)]).toEqual([200, 200]);
    expect((await turn(eve, 'private')).status).toBe(403);
    expect((await turn(ada, 'open')).status).toBe(400);
    expect((await turn(ada, 'private')).status).toBe(200);
    expect([await seenBy(eve), await seenBy(undefined)]).toEqual([403, 401]);
    const entries = (await logOf('turned')).filter(({ kind }) => kind === 'change_repo_visibility');
    expect(entries.map(({ facts }) => facts['visibility'])).toEqual(['public', 'private']);
  });

  it('are gone at once when deleted, and their name is free', async () => {
    await create(ada, { repository: 'phoenix', description: 'old' });
    await push('ada/phoenix', 'v1', 1, [10]);
    expect((await api.call(ada, 'DELETE', '/repository/ada/phoenix')).status).toBe(204);
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['DELETE', '', undefined],
      ['PUT', '', { description: '' }],
      ['POST', '/changevisibility', { visibility: 'public' }],
    ] as const) {
      expect((await api.call(ada, method, `/repository/ada/phoenix${path}`, body)).status).toBe(403);
    }
    expect((await create(ada, { repository: 'phoenix', description: 'new' })).status).toBe(201);
    const { body } = await api.call(ada, 'GET', '/repository/ada/phoenix');
    expect(body).toMatchObject({ description: 'new', tags: {} });
    expect((await logOf('phoenix')).map(({ kind }) => kind)).toEqual(['create_repo', 'delete_repo', 'create_repo']);
  });

  it('have no short names here, unlike in the registry', async () => {
    await context().db.transaction((tx) => createOrganization(tx, 'library', { userId: ada?.userId ?? 0 }, SYSTEM));
    await create(ada, { namespace: 'library', repository: 'busybox', visibility: 'public' });
    expect((await api.call(ada, 'GET', '/repository/busybox')).status).toBe(404);
    expect((await api.call(ada, 'GET', '/repository/library/busybox')).status).toBe(200);
  });

  it('are for nobody without signing in where anonymous access is off', async () => {
    await create(ada, { repository: 'open', visibility: 'public' });
    await using closed = await startApi(context().db, {
      rules: { anonymousAccess: false },
      policy: { anonymousAccess: false },
    });
    for (const path of ['/repository/ada/open', '/repository?public=true', '/repository?namespace=ada']) {
      expect((await api.call(undefined, 'GET', path)).status).toBe(200);
      expect((await closed.call(undefined, 'GET', path)).status).toBe(401);
      expect((await closed.call(eve, 'GET', path)).status).toBe(200);
    }
    const noScope = await api.token(eve as Person, ['user:read']);
    expect((await api.call(noScope, 'GET', '/repository/ada/open')).status).toBe(200);
    expect((await closed.call(noScope, 'GET', '/repository/ada/open')).status).toBe(403);
  });

  /** Puts a manifest with layers of these sizes, or an index. */
  async function push(
    name: string,
    tags: string | readonly string[],
    seed: number,
    layers: readonly number[] | 'index',
  ): Promise<void> {
    const { db } = context();
    const { repository } = await resolveAccess(db, POLICY, (ada as Person).actor, named(name));
    if (repository === undefined) throw new Error(`There is no ${name}`);
    const bytes = Buffer.from(JSON.stringify({ seed, layers }));
    const digest = parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
    if (digest === undefined) throw new Error('no digest');
    const record = {
      mediaType: layers === 'index' ? MEDIA_TYPES.ociIndex : MEDIA_TYPES.ociManifest,
      digest,
      digestSha512: undefined,
      bytes,
      configMediaType: undefined,
      artifactType: undefined,
      subject: undefined,
      annotations: undefined,
      blobs: [],
      optionalBlobs: [],
      children: [],
      layersSizeBytes: layers === 'index' ? undefined : layers.reduce((sum, size) => sum + size, 0),
    };
    const names = (typeof tags === 'string' ? [tags] : tags)
      .map((tag) => parseTag(tag))
      .filter((tag) => tag !== undefined);
    await db.transaction((tx) => putManifest(tx, { repositoryId: repository.id, record, tags: names, keepForMs: 0 }));
  }
});

function named(text: string): RepositoryName {
  const name = parseRepositoryName(text);
  if (name === undefined) throw new Error(`"${text}" is not a repository name`);
  return name;
}
