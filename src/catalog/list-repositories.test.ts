import { beforeAll, expect, it } from 'vitest';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import { ANONYMOUS } from '../identity/index.ts';
import type { Actor } from '../identity/index.ts';
import type { Database } from '../platform/db/index.ts';
import {
  actorOf,
  addNamespace,
  addRepository,
  addTeam,
  grant,
  POLICY,
  removeRepository,
} from './testing/catalog-fixture.ts';
import { listRepositories, searchRepositories } from './index.ts';

/** Bytewise: `-` sorts before `/`, so that the namespace alone does not give the order. */
const OWN = ['an-a/one', 'an/a-b', 'an/a/b', 'an/a0', 'an/a_b', 'an/ab'];

describeOnBothDatabases('lists of repositories', (context) => {
  let db: Database;
  let ann: number;
  let stranger: number;
  beforeAll(async () => {
    ({ db } = context());
    ann = await addNamespace(db, 'an');
    stranger = await addNamespace(db, 'stranger');
    const organization = await addNamespace(db, 'an-a', 'organization');
    const other = await addNamespace(db, 'other', 'organization');
    const team = await addTeam(db, organization, 'owners', 'admin', [ann]);
    await addTeam(db, other, 'makers', 'creator', [ann]);
    for (const name of OWN.toReversed()) {
      const [namespace, rest] = [name.slice(0, name.indexOf('/')), name.slice(name.indexOf('/') + 1)];
      await addRepository(db, namespace === 'an' ? ann : organization, rest);
    }
    const old = await addRepository(db, ann, 'deleted');
    await removeRepository(db, old);
    await addRepository(db, other, 'secret');
    await addRepository(db, other, 'open', 'public');
    await grant(db, await addRepository(db, other, 'shared'), { user: ann }, 'read');
    await grant(db, await addRepository(db, other, 'team-work'), { team }, 'write');
  });

  const list = (actor: Actor = actorOf(ann), page: { after?: string; limit?: number } = {}, policy = POLICY) =>
    listRepositories(db, policy, actor, { limit: 100, ...page });

  it('hold what the actor was granted, sorted bytewise by full name', async () => {
    expect(await list()).toEqual([...OWN, 'other/shared', 'other/team-work']);
    expect(await list(actorOf(stranger))).toEqual([]);
    expect(await list(ANONYMOUS)).toEqual([]);
  });

  it('hold public repositories only when configured', async () => {
    const policy = { ...POLICY, publicCatalog: true };
    expect(await list(actorOf(stranger), {}, policy)).toEqual(['other/open']);
    expect(await list(actorOf(stranger, ['user:read']), {}, policy)).toEqual(['other/open']);
    expect(await list(ANONYMOUS, {}, policy)).toEqual(['other/open']);
    expect(await list(ANONYMOUS, {}, { ...policy, anonymousAccess: false })).toEqual([]);
  });

  it('are empty for a token without repository scopes and for a void account', async () => {
    expect(await list(actorOf(ann, ['user:admin']))).toEqual([]);
    expect(await list({ ...actorOf(ann), passwordVersion: 2 })).toEqual([]);
  });

  it('come in pages that begin after any text', async () => {
    const all = await list();
    const paged: string[] = [];
    for (let after: string | undefined; ;) {
      const page = await list(actorOf(ann), after === undefined ? { limit: 3 } : { after, limit: 3 });
      if (page.length === 0) break;
      paged.push(...page);
      after = page.at(-1);
    }
    expect(paged).toEqual(all);
    expect(await list(actorOf(ann), { after: 'an/a_' })).toEqual(all.slice(OWN.indexOf('an/a_b')));
    expect(await list(actorOf(ann), { after: 'an' })).toEqual(all);
    expect(await list(actorOf(ann), { after: 'zz' })).toEqual([]);
    expect(await list(actorOf(ann), { limit: 0 })).toEqual([]);
  });

  it('are searched by a part of the name, where signs of patterns stand for themselves', async () => {
    const search = async (actor: Actor, text: string, limit = 10) =>
      (await searchRepositories(db, POLICY, actor, text, limit)).map((hit) => hit.name);
    expect(await search(actorOf(ann), 'A_')).toEqual(['an/a_b']);
    expect(await search(actorOf(ann), '%')).toEqual([]);
    expect(await search(actorOf(ann), 'an/a', 2)).toEqual(['an/a-b', 'an/a/b']);
    expect(await search(actorOf(ann), 'other/')).toEqual(['other/open', 'other/shared', 'other/team-work']);
    expect(await search(ANONYMOUS, 'o')).toEqual(['other/open']);
    expect(await searchRepositories(db, { ...POLICY, anonymousAccess: false }, ANONYMOUS, 'o', 10)).toEqual([]);
  });
});
