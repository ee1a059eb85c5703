import { beforeAll, describe, expect, it } from 'vitest';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import type { AuditTables } from '../audit/index.ts';
import { ANONYMOUS } from '../identity/index.ts';
import type { Actor, IdentityTables } from '../identity/index.ts';
import type { Database } from '../platform/db/index.ts';
import {
  actorOf,
  addNamespace,
  addRepository,
  addTeam,
  POLICY,
  record,
  repositoryName,
  tag,
} from './testing/catalog-fixture.ts';
import {
  createRepository,
  decide,
  deleteRepository,
  ensureRepository,
  findManifestByTag,
  putManifest,
  resolveAccess,
} from './index.ts';
import type { CatalogTables } from './index.ts';

describeOnBothDatabases('repositories made by pushes', (context) => {
  let db: Database;
  let alice: number;
  let bob: number;
  let acme: number;
  beforeAll(async () => {
    ({ db } = context());
    alice = await addNamespace(db, 'alice');
    bob = await addNamespace(db, 'bob');
    acme = await addNamespace(db, 'acme', 'organization');
    await addTeam(db, acme, 'makers', 'creator', [bob]);
  });

  const push = (actor: Actor, name: string, policy = POLICY) =>
    db.transaction((tx) => ensureRepository(tx, policy, actor, repositoryName(name)));

  /** An account with an owner. */
  const addRobot = async (owner: number, name: string): Promise<number> => {
    const id = await addNamespace(db, name);
    await db.transaction((tx) =>
      tx
        .query<IdentityTables>()
        .updateTable('user_account')
        .set({ owner_id: owner })
        .where('namespace_id', '=', id)
        .execute(),
    );
    return id;
  };

  it('are private unless configured otherwise, and found by the next push', async () => {
    const first = await push(actorOf(alice), 'alice/app');
    expect(first).toMatchObject({ namespaceId: alice, visibility: 'private', state: 'NORMAL' });
    expect(await push(actorOf(alice), 'alice/app')).toEqual(first);
    const open = await push(actorOf(alice), 'alice/open/deep', { ...POLICY, createPrivateOnPush: false });
    expect(open.visibility).toBe('public');
  });

  it('of ten parallel first pushes are one, and all succeed', async () => {
    const names = Array.from({ length: 10 }, () => 'acme/cold');
    const made = await Promise.all(names.map((name) => push(actorOf(bob), name)));
    expect(new Set(made.map((each) => each.id)).size).toBe(1);
  });

  it('in an organization belong to who made them, not to who else may make some', async () => {
    const carol = await addNamespace(db, 'carol');
    await addTeam(db, acme, 'more-makers', 'creator', [carol]);
    const { id } = await push(actorOf(bob), 'acme/tool');
    const access = await resolveAccess(db, POLICY, actorOf(bob), repositoryName('acme/tool'));
    expect(access).toMatchObject({ role: 'admin', repository: { id } });
    await expect(push(actorOf(carol), 'acme/tool')).rejects.toMatchObject({ code: 'DENIED' });
  });

  it('are not made for those who may not', async () => {
    await expect(push(actorOf(bob), 'alice/theirs')).rejects.toMatchObject({ code: 'DENIED' });
    await expect(push(actorOf(alice, ['repo:write']), 'alice/scoped')).rejects.toMatchObject({ code: 'DENIED' });
    await expect(push(actorOf(alice), 'nobody/app')).rejects.toMatchObject({ code: 'DENIED' });
    await expect(push(ANONYMOUS, 'alice/theirs')).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    const rows = await db.read<CatalogTables>().selectFrom('repository').select('name').execute();
    expect(rows.map((row) => row.name)).not.toContain('theirs');
  });

  it('are made by robots that a team lets make some', async () => {
    const robot = await addRobot(acme, 'acme+maker');
    await addTeam(db, acme, 'robots', 'creator', [robot]);
    const actor = { kind: 'robot', userId: robot, name: 'acme+maker', passwordVersion: 1, scopes: undefined } as const;
    const made = await push(actor, 'acme/by-robot');
    expect(made).toMatchObject({ namespaceId: acme });
    expect(await resolveAccess(db, POLICY, actor, repositoryName('acme/by-robot'))).toMatchObject({ role: 'admin' });
    await expect(push(actor, 'alice/by-robot')).rejects.toMatchObject({ code: 'DENIED' });
  });

  describe('in a namespace that is not there', () => {
    const open = { ...POLICY, createNamespaceOnPush: true };
    const organizations = (name: string) =>
      db.read<IdentityTables>().selectFrom('namespace').selectAll().where('name', '=', name).execute();

    it('are refused, unless it is created with them', async () => {
      await expect(push(actorOf(alice), 'startup/app')).rejects.toMatchObject({ code: 'DENIED' });
      expect(await organizations('startup')).toEqual([]);
      const made = await push(actorOf(alice), 'startup/app', open);
      const [organization] = await organizations('startup');
      expect(organization).toMatchObject({ kind: 'organization', id: made.namespaceId });
      const name = repositoryName('startup/app');
      expect(await resolveAccess(db, open, actorOf(alice), name)).toMatchObject({ role: 'admin', mayCreate: true });
      expect(await push(actorOf(alice), 'startup/other', open)).toMatchObject({ namespaceId: made.namespaceId });
      await expect(push(actorOf(bob), 'startup/theirs', open)).rejects.toMatchObject({ code: 'DENIED' });
      const log = db
        .read<AuditTables>()
        .selectFrom('audit_log')
        .select('kind')
        .where('namespace_id', '=', made.namespaceId);
      expect((await log.orderBy('id').execute()).map(({ kind }) => kind).slice(0, 2)).toEqual([
        'org_create',
        'create_repo',
      ]);
    });

    it('are all made when one account pushes many at once, and those of one account when several do', async () => {
      const layers = Array.from({ length: 8 }, (_, index) => push(actorOf(alice), `rush/app-${index % 2}`, open));
      expect(new Set((await Promise.all(layers)).map(({ id }) => id)).size).toBe(2);
      expect((await organizations('rush')).length).toBe(1);
      const race = [alice, bob, alice, bob].map((id) => push(actorOf(id), 'contested/app', open));
      const outcomes = await Promise.allSettled(race);
      const made = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value.id] : []));
      expect([made.length, new Set(made).size]).toEqual([2, 1]);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'DENIED' });
      }
    });

    it.each([
      ['a robot', () => ({ kind: 'robot', name: 'alice+x', passwordVersion: 1, scopes: undefined }) as const, {}],
      ['a token for less', () => ({ ...actorOf(alice, ['repo:create', 'repo:admin']) }), {}],
      ['who is not a superuser, where only these may', () => actorOf(alice), { onlySuperusersMakeOrganizations: true }],
      ['a restricted user', () => actorOf(alice), { unrestrictedUsers: new Set<string>() }],
    ])('are not made for %s', async (_, actor, rules) => {
      const policy = { ...open, standing: { ...open.standing, ...rules } };
      const robot = actor().kind === 'robot' ? await addRobot(alice, 'alice+x') : alice;
      await expect(push({ ...actor(), userId: robot }, 'nowhere/app', policy)).rejects.toMatchObject({
        code: 'DENIED',
      });
      await expect(push(ANONYMOUS, 'nowhere/app', policy)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
      expect(await organizations('nowhere')).toEqual([]);
    });

    it('say why the namespace cannot be', async () => {
      await expect(push(actorOf(alice), 'api/app', open)).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
        message: expect.stringContaining('reserved'),
      });
      await expect(push(actorOf(alice), 'x/app', open)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    });
  });

  it('free their name when deleted, and a new one begins empty', async () => {
    const old = await push(actorOf(alice), 'alice/phoenix');
    await db.transaction((tx) =>
      putManifest(tx, { repositoryId: old.id, record: record('old'), tags: [tag('v1')], keepForMs: 0 }),
    );
    const remove = { repository: old, name: repositoryName('alice/phoenix'), actor: actorOf(alice) };
    expect(await db.transaction((tx) => deleteRepository(tx, remove))).toBe(true);
    expect(await db.transaction((tx) => deleteRepository(tx, remove))).toBe(false);
    const access = await resolveAccess(db, POLICY, actorOf(alice), repositoryName('alice/phoenix'));
    expect(decide(access, 'pull')).toBe('unknown');
    const anew = await push(actorOf(alice), 'alice/phoenix');
    expect(anew.id).not.toBe(old.id);
    expect(await findManifestByTag(db, anew.id, tag('v1'))).toBeUndefined();
    const log = await db
      .read<AuditTables>()
      .selectFrom('audit_log')
      .selectAll()
      .where('namespace_id', '=', alice)
      .execute();
    const entries = log.filter((entry) => entry.metadata.includes('phoenix'));
    expect(entries.map((entry) => [entry.kind, entry.actor_name, entry.repository_id])).toEqual([
      ['create_repo', `user${alice}`, old.id],
      ['delete_repo', `user${alice}`, old.id],
      ['create_repo', `user${alice}`, anew.id],
    ]);
  });

  it('cannot be created under a name that is taken', async () => {
    await addRepository(db, acme, 'taken');
    const create = (name: string) =>
      db.transaction((tx) =>
        createRepository(tx, POLICY, {
          namespaceId: acme,
          name: repositoryName(name),
          visibility: 'public',
          description: 'Text',
          creator: actorOf(bob),
        }),
      );
    expect(await create('acme/taken')).toBeUndefined();
    expect(await create('acme/free')).toMatchObject({ visibility: 'public', namespaceId: acme });
  });
});
