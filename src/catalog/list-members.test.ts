import { expect, it } from 'vitest';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import type { IdentityTables } from '../identity/index.ts';
import { type CatalogTables, listCollaborators, listMembers, listTeams } from './index.ts';

/** More than any page of these lists has. */
const MANY = 1200;

describeOnBothDatabases('lists of an organization', (context) => {
  it('have everybody once, however many pages they are read in', async () => {
    const { db } = context();
    const numbers = Array.from({ length: MANY }, (_, index) => index + 1);
    const insertAll = async <Row>(rows: readonly Row[], insert: (part: readonly Row[]) => Promise<unknown>) => {
      for (let from = 0; from < rows.length; from += 500) await insert(rows.slice(from, from + 500));
    };
    const organizationId = await db.transaction(async (tx) => {
      const query = tx.query<IdentityTables & CatalogTables>();
      const made = { kind: 'organization', created_at: 1 } as const;
      const { id: organization } = await query
        .insertInto('namespace')
        .values({ ...made, name: 'large' })
        .returning('id')
        .executeTakeFirstOrThrow();
      const people: number[] = [];
      await insertAll(numbers, async (part) => {
        const rows = part.map((number) => ({ name: `person${number}`, kind: 'user' as const, created_at: 1 }));
        const ids = await query.insertInto('namespace').values(rows).returning('id').execute();
        people.push(...ids.map(({ id }) => id));
        const accounts = ids.map(({ id }) => ({
          namespace_id: id,
          uuid: `uuid-${id}`,
          email: null,
          password_hash: null,
        }));
        await query.insertInto('user_account').values(accounts).execute();
      });
      const teams: number[] = [];
      await insertAll(numbers, async (part) => {
        const rows = part.map((number) => ({
          organization_id: organization,
          name: `team${number}`,
          role: 'member' as const,
        }));
        teams.push(...(await query.insertInto('team').values(rows).returning('id').execute()).map(({ id }) => id));
      });
      // All but the last ten in one large team, everybody else's first in a team of his own too.
      const [large = 0, ...small] = teams;
      const members = people.slice(0, -10).map((id) => ({ team_id: large, user_id: id }));
      const alone = small.map((id) => ({ team_id: id, user_id: people[0] ?? 0 }));
      await insertAll([...members, ...alone], (part) =>
        query
          .insertInto('team_member')
          .values([...part])
          .execute(),
      );
      await insertAll(numbers, async (part) => {
        const rows = part.map((number) => ({
          namespace_id: organization,
          name: `repo${number}`,
          visibility: 'private' as const,
          description: null,
          created_at: 1,
          deleted_at: null,
        }));
        const ids = await query.insertInto('repository').values(rows).returning('id').execute();
        const grants = ids.flatMap(({ id }) =>
          [people[1], people.at(-1)].map((user) => ({
            repository_id: id,
            user_id: user ?? 0,
            team_id: null,
            role: 'read' as const,
          })),
        );
        await insertAll(grants, (some) =>
          query
            .insertInto('repository_permission')
            .values([...some])
            .execute(),
        );
      });
      return organization;
    });

    const members = await listMembers(db, organizationId);
    expect(new Set(members.map(({ name }) => name)).size).toBe(MANY - 10);
    expect(members.length).toBe(MANY - 10);
    expect(members.find(({ name }) => name === 'person1')?.teams.length).toBe(MANY);
    const granted = members.filter(({ repositories }) => repositories.length > 0);
    expect(granted.map(({ name, repositories }) => [name, new Set(repositories).size])).toEqual([['person2', MANY]]);
    const collaborators = await listCollaborators(db, organizationId);
    expect(collaborators.map(({ name, repositories }) => [name, new Set(repositories).size])).toEqual([
      [`person${MANY}`, MANY],
    ]);
    const teams = await listTeams(db, organizationId);
    expect(teams.map(({ name }) => name)).toEqual(numbers.map((number) => `team${number}`));
    expect(teams.map((team) => team.member_count)).toEqual([MANY - 10, ...numbers.slice(1).map(() => 1)]);
  });
});
