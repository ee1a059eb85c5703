import { sql } from 'kysely';
import { beforeAll, expect, it } from 'vitest';
import { describeOnBothDatabases } from '../../../test/support/databases.ts';
import { rowsRead } from '../../../test/support/rows-read.ts';
import type { Database } from '../../platform/db/index.ts';
import { insertNamespace } from '../store.ts';
import type { IdentityTables } from '../tables.ts';
import { insertRobot, listRobotRows, robotPageQuery } from './robot-store.ts';

const COUNT = 10_000;
const PAGE = 100;

describeOnBothDatabases('a page of 10,000 robots', (context) => {
  let db: Database;
  let owner: { readonly id: number; readonly name: string };
  beforeAll(async () => {
    ({ db } = context());
    const id = await db.transaction((tx) => insertNamespace(tx, 'acme', 'organization'));
    if (id === undefined) throw new Error('the name is taken');
    owner = { id, name: 'acme' };
    const numbers = sql.raw(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${COUNT})`);
    await db.transaction(async (tx) => {
      const query = tx.query<IdentityTables>();
      await sql`${numbers} INSERT INTO namespace (name, kind, created_at) SELECT 'acme+r' || i, 'user', 0 FROM n`.execute(
        query,
      );
      await sql`INSERT INTO user_account (namespace_id, uuid, owner_id)
        SELECT id, name, ${sql.lit(id)} FROM namespace WHERE name LIKE 'acme+%'`.execute(query);
      await sql`INSERT INTO robot (user_id) SELECT id FROM namespace WHERE name LIKE 'acme+%'`.execute(query);
      // The next name.
      const other = await insertNamespace(tx, 'acme-x', 'organization');
      const robot = { name: 'acme-x+ci', ownerId: other ?? 0, description: '', metadata: '{}', expiresAt: null };
      await insertRobot(tx, robot);
    });
    if (db.dialect === 'postgres') await db.transaction((tx) => sql`ANALYZE`.execute(tx.query()));
  });

  it('reads a few rows for each of its own, however deep it is', async () => {
    for (const after of [undefined, 'acme+r5', 'acme+r99']) {
      const query = robotPageQuery(db, { owner, after, limit: PAGE }).compile();
      if (db.dialect === 'postgres') {
        const analyzed = { ...query, sql: `EXPLAIN (ANALYZE, FORMAT JSON) ${query.sql}` };
        const [row] = await db.rows<Record<string, string>>(analyzed);
        // Its own by the index of names. With so few robots the planner rightly reads one other table as a whole, once; not more.
        expect(rowsRead(row?.['QUERY PLAN'])).toBeLessThan(COUNT + 5 * PAGE);
      } else {
        const plan = await db.rows<{ detail: string }>({ ...query, sql: `EXPLAIN QUERY PLAN ${query.sql}` });
        const steps = plan.map(({ detail }) => detail);
        expect(steps).toContainEqual(
          expect.stringMatching(/^SEARCH namespace USING INDEX \w+ \(name>\? AND name<\?\)$/),
        );
        // Nothing is read as a whole but the page that was found, and nothing is sorted.
        expect(steps.filter((step) => /SCAN|TEMP|AUTOMATIC/.test(step))).toEqual(['SCAN n']);
      }
    }
  });

  it('leads to all of them, each once and in order, and to nobody else’s', async () => {
    const names: string[] = [];
    for (let after: string | undefined; ;) {
      const page = await listRobotRows(db, { owner, after, limit: 999 });
      names.push(...page.map(({ name }) => name));
      after = page.at(-1)?.name;
      if (page.length < 999) break;
    }
    expect(names).toHaveLength(COUNT);
    expect(names).toEqual(names.toSorted());
    expect(new Set(names).size).toBe(COUNT);
  });
});
