import { beforeAll, expect, it } from 'vitest';
import { type Person, startApi, type TestApi } from '../../../test/support/api-people.ts';
import { describeOnBothDatabases } from '../../../test/support/databases.ts';
import { POLICY } from '../../../test/support/web-api.ts';
import { type CatalogTables, deleteNamespace, resolveAccess } from '../../catalog/index.ts';
import { repositoryList } from '../../contract/index.ts';
import { createOrganization, type IdentityTables } from '../../identity/index.ts';
import { parseRepositoryName } from '../../kernel/reference.ts';

const SYSTEM = { kind: 'system', name: undefined } as const;
type Tables = CatalogTables & IdentityTables;

describeOnBothDatabases('lists of repositories over the API', (context) => {
  let api: TestApi;
  let ada: Person;
  let bob: Person;
  let eve: Person;
  beforeAll(async () => {
    const { db } = context();
    api = await startApi(db);
    [ada, bob, eve] = [await api.person('ada'), await api.person('bob'), await api.person('eve')];
    const { organizationId } = await db.transaction((tx) =>
      createOrganization(tx, 'acme', { userId: ada.userId }, SYSTEM),
    );
    for (const [namespace, repository, visibility] of [
      ['ada', 'own', 'private'],
      ['ada', 'open', 'public'],
      ['acme', 'secret', 'private'],
      ['acme', 'granted', 'private'],
      ['acme', 'by-team', 'private'],
      ['acme', 'shown', 'public'],
      ['acme', 'twice', 'private'],
    ]) {
      const made = await api.call(ada, 'POST', '/repository', {
        namespace,
        repository,
        visibility,
        description: repository,
      });
      expect(made.status).toBe(201);
    }
    const idOf = async (name: string): Promise<number> => {
      const parsed = parseRepositoryName(name);
      const access = parsed === undefined ? undefined : await resolveAccess(db, POLICY, ada.actor, parsed);
      return access?.repository?.id ?? 0;
    };
    const [granted, byTeam, twice] = [await idOf('acme/granted'), await idOf('acme/by-team'), await idOf('acme/twice')];
    await db.transaction(async (tx) => {
      const query = tx.query<Tables>();
      for (const name of ['readers', 'writers']) {
        const team = { organization_id: organizationId, name, role: 'member' } as const;
        const { id } = await query.insertInto('team').values(team).returning('id').executeTakeFirstOrThrow();
        await query.insertInto('team_member').values({ team_id: id, user_id: bob.userId }).execute();
        const grants = [twice, ...(name === 'readers' ? [byTeam] : [])];
        for (const repository of grants) {
          const grant = { repository_id: repository, user_id: null, team_id: id, role: 'read' } as const;
          await query.insertInto('repository_permission').values(grant).execute();
        }
      }
      for (const repository of [granted, twice]) {
        const grant = { repository_id: repository, user_id: bob.userId, team_id: null, role: 'read' } as const;
        await query.insertInto('repository_permission').values(grant).execute();
      }
    });
    return () => api[Symbol.asyncDispose]();
  });

  const names = async (by: Person | string | undefined, query: string) => {
    const { status, body } = await api.call(by, 'GET', `/repository?${query}`);
    expect(status).toBe(200);
    return (body['repositories'] as { namespace: string; name: string }[]).map((one) => `${one.namespace}/${one.name}`);
  };

  it('hold of a namespace what each caller was granted, and what is public only when asked', async () => {
    const all = ['secret', 'granted', 'by-team', 'shown', 'twice'].map((name) => `acme/${name}`);
    expect(await names(ada, 'namespace=acme')).toEqual(all);
    expect(await names(ada, 'namespace=acme&public=true')).toEqual(all);
    expect(await names(bob, 'namespace=acme')).toEqual(['acme/granted', 'acme/by-team', 'acme/twice']);
    expect(await names(bob, 'namespace=acme&public=true')).toEqual([
      'acme/granted',
      'acme/by-team',
      'acme/shown',
      'acme/twice',
    ]);
    expect(await names(eve, 'namespace=acme')).toEqual([]);
    expect(await names(eve, 'namespace=acme&public=1')).toEqual(['acme/shown']);
    expect(await names(undefined, 'namespace=acme')).toEqual([]);
    expect(await names(undefined, 'namespace=acme&public=yes')).toEqual(['acme/shown']);
    for (const nowhere of ['none', 'A%20B', '%27%3B--', 'ada%2Fown']) {
      expect(await names(ada, `namespace=${nowhere}&public=true`)).toEqual([]);
    }
  });

  it('hold what is public with what the caller was granted, of all namespaces', async () => {
    expect(await names(undefined, 'public=true')).toEqual(['ada/open', 'acme/shown']);
    expect(await names(eve, 'public=true')).toEqual(['ada/open', 'acme/shown']);
    expect(await names(bob, 'public=true')).toEqual([
      'ada/open',
      'acme/granted',
      'acme/by-team',
      'acme/shown',
      'acme/twice',
    ]);
    expect(await names(ada, 'public=true')).toEqual([
      'ada/own',
      'ada/open',
      'acme/secret',
      'acme/granted',
      'acme/by-team',
      'acme/shown',
      'acme/twice',
    ]);
  });

  it('hold for a token what its scopes let it see', async () => {
    const narrow = await api.token(ada, ['user:read']);
    expect(await names(narrow, 'namespace=acme')).toEqual([]);
    expect(await names(narrow, 'namespace=acme&public=true')).toEqual(['acme/shown']);
    const reading = await api.token(ada, ['repo:read']);
    expect((await names(reading, 'namespace=acme')).length).toBe(5);
  });

  it('must be told what to list, and know who has starred', async () => {
    for (const query of ['', '?namespace=', '?public=false', '?last_modified=true']) {
      const { status, body } = await api.call(ada, 'GET', `/repository${query}`);
      expect([status, body['error_type']]).toEqual([400, 'invalid_request']);
    }
    expect(await names(ada, 'starred=true')).toEqual([]);
    expect((await api.call(undefined, 'GET', '/repository?starred=true')).status).toBe(400);
    expect(await names(ada, 'public=true&repo_kind=application')).toEqual([]);
  });

  it('show of each what was asked for', async () => {
    const first = async (by: Person | undefined, query: string) => {
      const { body } = await api.call(by, 'GET', `/repository?namespace=acme&public=true${query}`);
      expect(repositoryList.strict().parse(body)).toEqual(body);
      return (body['repositories'] as Record<string, unknown>[]).find(({ name }) => name === 'shown');
    };
    const plain = {
      namespace: 'acme',
      name: 'shown',
      description: 'shown',
      is_public: true,
      kind: 'image',
      state: 'NORMAL',
    };
    expect(await first(undefined, '')).toEqual(plain);
    expect(await first(ada, '')).toEqual({ ...plain, is_starred: false });
    expect(await first(undefined, '&last_modified=true&popularity=true')).toEqual({
      ...plain,
      last_modified: null,
      popularity: 0,
    });
    await context().db.transaction(async (tx) => {
      const query = tx.query<Tables>();
      const repository = await query
        .selectFrom('repository')
        .select('id')
        .where('name', '=', 'shown')
        .executeTakeFirstOrThrow();
      const now = await tx.now();
      const manifest = await query
        .insertInto('manifest')
        .values({
          repository_id: repository.id,
          digest: 'sha256:x',
          digest_sha512: null,
          media_type: 'application/x+json',
          bytes: Buffer.from('{}'),
          size_bytes: 2,
          config_media_type: null,
          artifact_type: null,
          subject_digest: null,
          annotations: null,
          created_at: now,
          kept_until: now,
          deleted_at: null,
        })
        .returning('id')
        .executeTakeFirstOrThrow();
      const tag = { repository_id: repository.id, manifest_id: manifest.id };
      await query
        .insertInto('tag')
        .values([
          { ...tag, name: 'old', start_at: 1_600_000_000_000, end_at: null, expires_at: null },
          { ...tag, name: 'new', start_at: 1_700_000_000_999, end_at: null, expires_at: null },
          { ...tag, name: 'gone', start_at: 1_710_000_000_000, end_at: 1_710_000_000_001, expires_at: null },
          { ...tag, name: 'expired', start_at: 1_720_000_000_000, end_at: null, expires_at: 1_720_000_000_001 },
        ])
        .execute();
    });
    expect((await first(undefined, '&last_modified=true'))?.['last_modified']).toBe(1_700_000_000);
  });

  it('leave out what belongs to who is disabled or deleted', async () => {
    const { db } = context();
    const body = { repository: 'app', visibility: 'public', description: '' };
    const [off, gone] = [await api.person('off'), await api.person('gone')];
    for (const person of [off, gone]) expect((await api.call(person, 'POST', '/repository', body)).status).toBe(201);
    expect(await names(eve, 'public=true')).toEqual(expect.arrayContaining(['off/app', 'gone/app']));
    await db.transaction(async (tx) => {
      await tx.query<Tables>().updateTable('namespace').set({ enabled: 0 }).where('id', '=', off.userId).execute();
      await deleteNamespace(tx, gone.userId);
    });
    expect(await names(eve, 'public=true')).toEqual(['ada/open', 'acme/shown']);
    expect(await names(eve, 'public=true&namespace=off')).toEqual([]);
    expect(await names(eve, 'public=true&namespace=gone')).toEqual([]);
  });

  it('come in pages of a hundred, each of which leads to the next', async () => {
    const { db } = context();
    const lots = await api.person('lots');
    await fill(lots.userId, 250);
    const walk = async (query: string, by: Person | undefined) => {
      const pages: string[][] = [];
      for (let token = ''; ;) {
        const { status, body } = await api.call(by, 'GET', `/repository?${query}&next_page=${token}`);
        expect(status).toBe(200);
        pages.push((body['repositories'] as { name: string }[]).map(({ name }) => name));
        if (body['next_page'] === undefined) return pages;
        token = encodeURIComponent(body['next_page'] as string);
      }
    };
    const all = Array.from({ length: 250 }, (_, index) => `app-${index}`);
    const own = await walk('namespace=lots', lots);
    expect(own.map(({ length }) => length)).toEqual([100, 100, 50]);
    expect(own.flat()).toEqual(all);
    const shown = await walk('namespace=lots&public=true', eve);
    expect(shown.flat()).toEqual(all.filter((_, index) => index % 2 === 0));
    const anywhere = await walk('public=true', undefined);
    expect(anywhere.flat().length).toBe(125 + 2);
    // What is deleted between two pages moves nothing.
    const { body } = await api.call(lots, 'GET', '/repository?namespace=lots');
    await db.transaction((tx) =>
      tx
        .query<Tables>()
        .updateTable('repository')
        .set({ deleted_at: 1 })
        .where('name', 'in', ['app-3', 'app-100'])
        .execute(),
    );
    const token = encodeURIComponent(body['next_page'] as string);
    const second = await api.call(lots, 'GET', `/repository?namespace=lots&next_page=${token}`);
    expect((second.body['repositories'] as { name: string }[])[0]?.name).toBe('app-101');

    for (const other of ['namespace=ada', 'namespace=lots&public=true', 'public=true', 'namespace=lots&starred=true']) {
      const refused = await api.call(lots, 'GET', `/repository?${other}&next_page=${token}`);
      expect([refused.status, refused.body['error_type']]).toEqual([400, 'invalid_request']);
    }
    const shownTimes = await api.call(lots, 'GET', `/repository?namespace=lots&last_modified=true&next_page=${token}`);
    expect(shownTimes.status).toBe(200);
    expect((await api.call(lots, 'GET', '/repository?namespace=lots&next_page=1')).status).toBe(400);
  });

  /** Gives a namespace so many repositories, every other one public. */
  async function fill(namespaceId: number, count: number): Promise<void> {
    await context().db.transaction(async (tx) => {
      const now = await tx.now();
      const rows = Array.from({ length: count }, (_, index) => ({
        namespace_id: namespaceId,
        name: `app-${index}`,
        visibility: index % 2 === 0 ? ('public' as const) : ('private' as const),
        description: null,
        created_at: now,
        deleted_at: null,
      }));
      await tx.query<Tables>().insertInto('repository').values(rows).execute();
    });
  }
});
