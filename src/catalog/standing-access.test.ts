import { beforeAll, describe, expect, it } from 'vitest';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import { STANDING } from '../../test/support/standing.ts';
import type { Actor, IdentityTables, OAuthScope, RobotActor, StandingRules } from '../identity/index.ts';
import type { Database } from '../platform/db/index.ts';
import {
  actorOf,
  addNamespace,
  addRepository,
  addTeam,
  grant,
  POLICY,
  repositoryName,
} from './testing/catalog-fixture.ts';
import { decide, type Decision, listRepositories, resolveAccess, searchRepositories } from './index.ts';

type Answers = readonly [pull: Decision, push: Decision, remove: Decision, administer: Decision];

const FULL: Answers = ['allowed', 'allowed', 'allowed', 'allowed'];
const READS: Answers = ['allowed', 'denied', 'denied', 'denied'];
const STRANGER: Answers = ['unknown', 'denied', 'unknown', 'unknown'];
const CREATES: Answers = ['unknown', 'allowed', 'unknown', 'unknown'];
const KEEPS: Answers = ['allowed', 'denied', 'denied', 'allowed'];

describeOnBothDatabases('access to repositories beyond grants', (context) => {
  let db: Database;
  const ids: Record<string, number> = {};

  beforeAll(async () => {
    ({ db } = context());
    for (const name of ['root', 'named', 'seer', 'bound', 'free', 'bound+ci']) ids[name] = await addNamespace(db, name);
    const acme = await addNamespace(db, 'acme', 'organization');
    await addTeam(db, acme, 'owners', 'admin', [ids['bound'] ?? 0]);
    const secret = await addRepository(db, acme, 'secret');
    const tool = await addRepository(db, acme, 'tool');
    await grant(db, tool, { user: ids['seer'] ?? 0 }, 'admin');
    for (const name of ['free', 'seer']) await addRepository(db, ids[name] ?? 0, 'own');
    const own = await addRepository(db, ids['bound'] ?? 0, 'own');
    await grant(db, own, { user: ids['bound+ci'] ?? 0 }, 'write');
    await grant(db, secret, { user: ids['bound+ci'] ?? 0 }, 'write');
    const closed = await addNamespace(db, 'closed', 'organization');
    await addRepository(db, closed, 'secret');
    await db.transaction(async (tx) => {
      const query = tx.query<IdentityTables>();
      await query
        .updateTable('user_account')
        .set({ superuser: 1 })
        .where('namespace_id', '=', ids['root'] ?? 0)
        .execute();
      await query.updateTable('namespace').set({ enabled: 0 }).where('id', '=', closed).execute();
      const former = { name: 'tied', kind: 'user', enabled: 0, created_at: 0, alias_of: ids['bound'] ?? 0 } as const;
      await query
        .insertInto('namespace')
        .values({ ...former, alias_until: 2 ** 50 })
        .execute();
      const robot = { owner_id: ids['bound'] ?? 0 };
      await query
        .updateTable('user_account')
        .set(robot)
        .where('namespace_id', '=', ids['bound+ci'] ?? 0)
        .execute();
    });
  });

  const policyOf = (rules: Partial<StandingRules>) => ({
    ...POLICY,
    standing: {
      ...STANDING,
      namedSuperusers: new Set(['named']),
      readOnlySuperusers: new Set(['seer']),
      ...rules,
    },
  });
  const user = (name: string, scopes?: readonly OAuthScope[]): Actor => actorOf(ids[name] ?? -1, scopes);
  const answersFor = async (actor: Actor, name: string, rules: Partial<StandingRules>): Promise<Answers> => {
    const access = await resolveAccess(db, policyOf(rules), actor, repositoryName(name));
    return [decide(access, 'pull'), decide(access, 'push'), decide(access, 'delete'), decide(access, 'administer')];
  };

  describe('superusers', () => {
    it.each(['root', 'named'])('%s may do everything everywhere with full access, and only then', async (name) => {
      for (const repository of ['acme/secret', 'bound/own']) {
        expect(await answersFor(user(name), repository, { fullAccess: true })).toEqual(FULL);
        expect(await answersFor(user(name), repository, { fullAccess: false })).toEqual(STRANGER);
      }
      expect(await answersFor(user(name), 'acme/missing', { fullAccess: true })).toEqual(CREATES);
      expect(await answersFor(user(name), 'acme/missing', { fullAccess: false })).toEqual(STRANGER);
    });

    it('are none when FEATURE_SUPER_USERS is off', async () => {
      const off = { superusers: false, fullAccess: true };
      for (const name of ['root', 'named', 'seer']) {
        expect(await answersFor(user(name), 'acme/secret', off)).toEqual(STRANGER);
      }
    });

    it('reach nothing that is disabled or not there', async () => {
      expect(await answersFor(user('root'), 'closed/secret', { fullAccess: true })).toEqual(STRANGER);
      expect(await answersFor(user('root'), 'nobody/missing', { fullAccess: true })).toEqual(STRANGER);
    });

    it.each<[readonly OAuthScope[], Answers]>([
      [['repo:admin', 'repo:create', 'org:admin', 'user:admin'], STRANGER],
      [['super:user'], FULL],
    ])('with a token of the scopes %j', async (scopes, expected) => {
      expect(await answersFor(user('root', scopes), 'acme/secret', { fullAccess: true })).toEqual(expected);
    });
  });

  describe('read-only superusers', () => {
    it.each([{ fullAccess: true }, { fullAccess: false }])(
      'read everything and change nothing, with %j',
      async (rules) => {
        expect(await answersFor(user('seer'), 'acme/secret', rules)).toEqual(READS);
        expect(await answersFor(user('seer'), 'acme/missing', rules)).toEqual(STRANGER);
        // Not even where they were granted more; but what is their own is theirs.
        expect(await answersFor(user('seer'), 'acme/tool', rules)).toEqual(READS);
        expect(await answersFor(user('seer'), 'seer/own', rules)).toEqual(FULL);
        expect(await answersFor(user('seer'), 'seer/new', rules)).toEqual(CREATES);
      },
    );

    it('are not superusers too', async () => {
      const both = { fullAccess: true, namedSuperusers: new Set(['seer']) };
      expect(await answersFor(user('seer'), 'acme/secret', both)).toEqual(READS);
      const flagged = { fullAccess: true, readOnlySuperusers: new Set(['root']) };
      expect(await answersFor(user('root'), 'acme/secret', flagged)).toEqual(READS);
    });

    it('need the scope super:user in a token', async () => {
      expect(await answersFor(user('seer', ['repo:admin']), 'acme/secret', {})).toEqual(STRANGER);
      expect(await answersFor(user('seer', ['super:user']), 'acme/secret', {})).toEqual(READS);
      expect(await answersFor(user('seer', ['repo:admin']), 'acme/tool', {})).toEqual(READS);
    });
  });

  describe('restricted users', () => {
    const rules = { unrestrictedUsers: new Set(['free']) };

    it('put nothing into their own namespace, and what they may into others', async () => {
      expect(await answersFor(user('bound'), 'bound/own', rules)).toEqual(KEEPS);
      expect(await answersFor(user('bound'), 'bound/new', rules)).toEqual(STRANGER);
      expect(await answersFor(user('bound'), 'acme/secret', rules)).toEqual(FULL);
      expect(await answersFor(user('bound'), 'acme/new', rules)).toEqual(CREATES);
      const access = await resolveAccess(db, policyOf(rules), user('bound'), repositoryName('bound/new'));
      expect(access).toMatchObject({ mayCreate: false, restricted: true });
    });

    it('are all but those in the whitelist, and nobody when the feature is off', async () => {
      expect(await answersFor(user('free'), 'free/own', rules)).toEqual(FULL);
      expect(await answersFor(user('free'), 'free/new', rules)).toEqual(CREATES);
      expect(await answersFor(user('bound'), 'bound/own', {})).toEqual(FULL);
      expect(await answersFor(user('bound'), 'bound/new', {})).toEqual(CREATES);
    });

    it('get around it neither as superusers nor by their robots', async () => {
      const superuser = { ...rules, fullAccess: true, namedSuperusers: new Set(['bound']) };
      expect(await answersFor(user('bound'), 'bound/own', superuser)).toEqual(KEEPS);
      expect(await answersFor(user('bound'), 'free/own', superuser)).toEqual(FULL);
      const robot: RobotActor = {
        kind: 'robot',
        userId: ids['bound+ci'] ?? 0,
        name: 'bound+ci',
        passwordVersion: 1,
        scopes: undefined,
      };
      // Nor by the name that the user had before.
      for (const name of ['bound/own', 'tied/own']) expect(await answersFor(robot, name, rules)).toEqual(READS);
      expect(await answersFor(user('bound'), 'tied/own', rules)).toEqual(KEEPS);
      expect((await answersFor(robot, 'bound/own', {}))[1]).toBe('allowed');
      expect((await answersFor(robot, 'acme/secret', rules))[1]).toBe('allowed');
    });
  });

  describe('lists', () => {
    const ALL = ['acme/secret', 'acme/tool', 'bound/own', 'free/own', 'seer/own'];
    const list = (actor: Actor, rules: Partial<StandingRules>) =>
      listRepositories(db, policyOf(rules), actor, { limit: 100 });

    it('hold everything for read-only superusers, and for superusers with full access', async () => {
      expect(await list(user('seer'), {})).toEqual(ALL);
      expect(await list(user('root'), { fullAccess: true })).toEqual(ALL);
      expect(await list(user('root'), {})).toEqual([]);
      expect(await list(user('seer'), { superusers: false })).toEqual(['acme/tool', 'seer/own']);
    });

    it('do so by a token only with the scope super:user, and never for an old password', async () => {
      expect(await list(user('seer', ['super:user']), {})).toEqual(ALL);
      expect(await list(user('seer', ['repo:read']), {})).toEqual(['acme/tool', 'seer/own']);
      expect(await list({ ...actorOf(ids['seer'] ?? 0), passwordVersion: 2 }, {})).toEqual([]);
    });

    it('are searched in the same bounds', async () => {
      const search = async (actor: Actor, rules: Partial<StandingRules>) =>
        (await searchRepositories(db, policyOf(rules), actor, 'secret', 10)).map(({ name }) => name);
      expect(await search(user('seer'), {})).toEqual(['acme/secret']);
      expect(await search(user('root'), {})).toEqual([]);
    });
  });
});
