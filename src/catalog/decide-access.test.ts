import { beforeAll, expect, it } from 'vitest';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import { ANONYMOUS } from '../identity/index.ts';
import type { Actor, IdentityTables, OAuthScope } from '../identity/index.ts';
import type { Database } from '../platform/db/index.ts';
import {
  actorOf,
  addNamespace,
  addRepository,
  addTeam,
  grant,
  POLICY,
  repositoryName,
  removeRepository,
} from './testing/catalog-fixture.ts';
import { decide, grantedActions, resolveAccess } from './index.ts';
import type { Decision, TokenAction } from './index.ts';

type Answers = readonly [pull: Decision, push: Decision, remove: Decision, administer: Decision, tokens: string];

const FULL: Answers = ['allowed', 'allowed', 'allowed', 'allowed', 'pull,push,*'];
const WRITES: Answers = ['allowed', 'allowed', 'allowed', 'denied', 'pull,push'];
const READS: Answers = ['allowed', 'denied', 'denied', 'denied', 'pull'];
const STRANGER: Answers = ['unknown', 'denied', 'unknown', 'unknown', ''];
const SIGN_IN: Answers = ['unauthenticated', 'unauthenticated', 'unauthenticated', 'unauthenticated', ''];
const ANYONE: Answers = ['allowed', 'unauthenticated', 'unauthenticated', 'unauthenticated', 'pull'];
const CREATES: Answers = ['unknown', 'allowed', 'unknown', 'unknown', 'pull,push'];

describeOnBothDatabases('access to repositories', (context) => {
  let db: Database;
  const ids: Record<string, number> = {};

  beforeAll(async () => {
    ({ db } = context());
    for (const name of [
      'owner',
      'stranger',
      'reader',
      'writer',
      'keeper',
      'boss',
      'maker',
      'member',
      'gone',
      'banned',
    ]) {
      ids[name] = await addNamespace(db, name);
    }
    const acme = await addNamespace(db, 'acme', 'organization');
    const closed = await addNamespace(db, 'closed', 'organization');
    const [boss, maker, member] = ['boss', 'maker', 'member'].map((name) => ids[name] ?? 0) as [number, number, number];
    await addTeam(db, acme, 'owners', 'admin', [boss]);
    await addTeam(db, acme, 'makers', 'creator', [maker]);
    const members = await addTeam(db, acme, 'members', 'member', [member, maker]);
    await addTeam(db, closed, 'owners', 'admin', [boss]);
    const own = ids['owner'] ?? 0;
    await addRepository(db, own, 'private');
    await addRepository(db, own, 'public', 'public');
    const old = await addRepository(db, own, 'old');
    await removeRepository(db, old);
    const shared = await addRepository(db, acme, 'shared');
    const teamwork = await addRepository(db, acme, 'teamwork');
    await addRepository(db, acme, 'secret');
    await addRepository(db, closed, 'public', 'public');
    const frozen = await addRepository(db, own, 'frozen');
    await grant(db, shared, { user: ids['reader'] ?? 0 }, 'read');
    await grant(db, shared, { user: ids['writer'] ?? 0 }, 'write');
    await grant(db, shared, { user: ids['keeper'] ?? 0 }, 'admin');
    await grant(db, shared, { user: ids['member'] ?? 0 }, 'read');
    await grant(db, shared, { team: members }, 'write');
    await grant(db, teamwork, { team: members }, 'read');
    await db.transaction(async (tx) => {
      const query = tx.query<IdentityTables & import('./index.ts').CatalogTables>();
      await query.updateTable('namespace').set({ enabled: 0 }).where('name', 'in', ['banned', 'closed']).execute();
      await query
        .updateTable('user_account')
        .set({ password_version: 2 })
        .where('namespace_id', '=', ids['gone'] ?? 0)
        .execute();
      await query.updateTable('repository').set({ state: 'READ_ONLY' }).where('id', '=', frozen).execute();
    });
  });

  const answersFor = async (actor: Actor, name: string, policy = POLICY): Promise<Answers> => {
    const access = await resolveAccess(db, policy, actor, repositoryName(name));
    const tokens: readonly TokenAction[] = grantedActions(access);
    const [pull, push, remove, administer] = (['pull', 'push', 'delete', 'administer'] as const).map((action) =>
      decide(access, action),
    ) as [Decision, Decision, Decision, Decision];
    return [pull, push, remove, administer, tokens.join(',')];
  };
  const user = (name: string, scopes?: OAuthScope[]): Actor => actorOf(ids[name] ?? -1, scopes);

  it.each<[string, string, Answers]>([
    ['owner', 'owner/private', FULL],
    ['owner', 'owner/public', FULL],
    ['owner', 'owner/missing', CREATES],
    ['owner', 'owner/old', CREATES],
    ['owner', 'owner/frozen', ['allowed', 'denied', 'denied', 'allowed', 'pull']],
    ['owner', 'acme/secret', STRANGER],
    ['stranger', 'owner/private', STRANGER],
    ['stranger', 'owner/missing', STRANGER],
    ['stranger', 'owner/old', STRANGER],
    ['stranger', 'nobody/missing', STRANGER],
    ['stranger', 'owner/public', READS],
    ['reader', 'acme/shared', READS],
    ['writer', 'acme/shared', WRITES],
    ['keeper', 'acme/shared', FULL],
    ['keeper', 'acme/secret', STRANGER],
    ['boss', 'acme/secret', FULL],
    ['boss', 'acme/missing', CREATES],
    ['boss', 'closed/public', STRANGER],
    ['boss', 'closed/missing', STRANGER],
    ['maker', 'acme/secret', STRANGER],
    ['maker', 'acme/teamwork', READS],
    ['maker', 'acme/missing', CREATES],
    ['member', 'acme/shared', WRITES],
    ['member', 'acme/teamwork', READS],
    ['member', 'acme/missing', STRANGER],
    ['banned', 'banned/missing', SIGN_IN],
    ['banned', 'owner/public', SIGN_IN],
    ['gone', 'gone/missing', SIGN_IN],
    ['gone', 'owner/public', SIGN_IN],
    ['never-existed', 'owner/public', SIGN_IN],
  ])('%s at %s', async (name, repository, expected) => {
    expect(await answersFor(user(name), repository)).toEqual(expected);
  });

  it.each<[string, Answers]>([
    ['owner/private', SIGN_IN],
    ['owner/missing', SIGN_IN],
    ['nobody/missing', SIGN_IN],
    ['closed/public', SIGN_IN],
    ['owner/public', ANYONE],
  ])('anonymous at %s', async (repository, expected) => {
    expect(await answersFor(ANONYMOUS, repository)).toEqual(expected);
  });

  it('without anonymous access a public repository is for everyone who has signed in', async () => {
    const policy = { ...POLICY, anonymousAccess: false };
    expect(await answersFor(ANONYMOUS, 'owner/public', policy)).toEqual(SIGN_IN);
    expect(await answersFor(user('stranger'), 'owner/public', policy)).toEqual(READS);
    expect(await answersFor(user('stranger', ['user:read']), 'owner/public', policy)).toEqual(STRANGER);
  });

  it.each<[OAuthScope[], string, Answers]>([
    [['repo:read'], 'owner/private', READS],
    [['repo:write'], 'owner/private', WRITES],
    [['repo:admin'], 'owner/private', FULL],
    [['user:admin', 'org:admin', 'super:user'], 'owner/private', STRANGER],
    [['user:admin'], 'owner/public', READS],
    [['repo:admin'], 'owner/missing', STRANGER],
    [['repo:create'], 'owner/missing', STRANGER],
    [['repo:create', 'repo:write'], 'owner/missing', CREATES],
    [['repo:admin'], 'acme/secret', STRANGER],
  ])("the owner's token with %j at %s", async (scopes, repository, expected) => {
    expect(await answersFor(user('owner', scopes), repository)).toEqual(expected);
  });

  it('reports creation apart from pushing, and gives superusers no rights by themselves', async () => {
    const access = await resolveAccess(db, POLICY, user('owner', ['repo:create']), repositoryName('owner/missing'));
    expect(access).toMatchObject({ mayCreate: true, mayCreateByPush: false, reach: 'none' });
    await db.transaction(async (tx) => {
      const query = tx.query<IdentityTables>().updateTable('user_account').set({ superuser: 1 });
      await query.where('namespace_id', '=', ids['stranger'] ?? 0).execute();
    });
    const superuser = await resolveAccess(db, POLICY, user('stranger'), repositoryName('owner/private'));
    expect(superuser).toMatchObject({ reach: 'none', role: 'none', mayCreate: false });
  });
});
