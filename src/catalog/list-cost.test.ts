import { type CompiledQuery, sql } from 'kysely';
import { beforeAll, expect, it } from 'vitest';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import { rowsRead } from '../../test/support/rows-read.ts';
import { ANONYMOUS, type IdentityTables } from '../identity/index.ts';
import type { Database } from '../platform/db/index.ts';
import { readerFor } from './list-repositories.ts';
import { findNamespaceId, pageQuery, readHoldings } from './repository-page-store.ts';
import { newestTagsQuery } from './tag-store.ts';
import { actorOf, addNamespace, addTeam, POLICY, record } from './testing/catalog-fixture.ts';
import { type CatalogTables, listNewestTags, listVisibleRepositories, putManifest } from './index.ts';

type Tables = CatalogTables & IdentityTables;

const COUNT = 10_000;
const PAGE = 100;

/** What a page may read, whatever there is: a few rows for each of its own, from each source and the tables beside it. */
const ROWS_MAX = 20 * PAGE;

describeOnBothDatabases('a page of 10,000 repositories', (context) => {
  let db: Database;
  let owner: number;
  let guest: number;
  let administrator: number;
  let tagged: number;
  beforeAll(async () => {
    ({ db } = context());
    owner = await addNamespace(db, 'large', 'organization');
    guest = await addNamespace(db, 'guest');
    administrator = await addNamespace(db, 'administrator');
    const team = await addTeam(db, owner, 'readers', 'member', [guest]);
    await addTeam(db, owner, 'owners', 'admin', [administrator]);
    // In turn: private, public, granted to the guest, granted to his team.
    await db.transaction(async (tx) => {
      await sql`
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${sql.lit(COUNT)})
        INSERT INTO repository (namespace_id, name, visibility, created_at)
        SELECT ${sql.lit(owner)}, 'app-' || i, CASE WHEN i % 4 = 1 THEN 'public' ELSE 'private' END, 0 FROM n`.execute(
        tx.query(),
      );
      await sql`INSERT INTO repository_permission (repository_id, user_id, role)
        SELECT id, ${sql.lit(guest)}, 'read' FROM repository WHERE id % 4 = 2`.execute(tx.query());
      await sql`INSERT INTO repository_permission (repository_id, team_id, role)
        SELECT id, ${sql.lit(team)}, 'read' FROM repository WHERE id % 4 IN (2, 3)`.execute(tx.query());
    });
    // One of them, that everybody sees, has as many tags as there are repositories.
    const { id } = await db
      .read<Tables>()
      .selectFrom('repository')
      .select('id')
      .where('visibility', '=', 'public')
      .orderBy('id')
      .executeTakeFirstOrThrow();
    tagged = id;
    await db.transaction((tx) =>
      putManifest(tx, { repositoryId: id, record: record('tagged'), tags: [], keepForMs: 0 }),
    );
    await db.transaction(async (tx) => {
      await sql`
        WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${sql.lit(COUNT - 1)})
        INSERT INTO tag (repository_id, name, manifest_id, start_at)
        SELECT m.repository_id, 'v' || n.i, m.id, n.i FROM n CROSS JOIN manifest m`.execute(tx.query());
    });
    if (db.dialect === 'postgres') await db.transaction((tx) => sql`ANALYZE`.execute(tx.query()));
  });

  /** What the database reads for a query, or at least that it goes by an index wherever it looks. */
  const expectFewRows = async (query: CompiledQuery, index?: string): Promise<void> => {
    if (db.dialect === 'postgres') {
      const [row] = await db.rows<Record<string, string>>({
        ...query,
        sql: `EXPLAIN (ANALYZE, FORMAT JSON) ${query.sql}`,
      });
      expect(rowsRead(row?.['QUERY PLAN'])).toBeLessThan(ROWS_MAX);
      return;
    }
    const plan = await db.rows<{ detail: string }>({ ...query, sql: `EXPLAIN QUERY PLAN ${query.sql}` });
    const steps = plan.map(({ detail }) => detail);
    expect(steps.filter((step) => /^SCAN (?:o|p|q|x|t|m|a|own)\b/.test(step))).toEqual([]);
    expect(steps.filter((step) => step.includes('AUTOMATIC'))).toEqual([]);
    if (index !== undefined) expect(steps.join('\n')).toContain(index);
  };

  const cases = [
    ['of the namespace, for its administrator', () => actorOf(administrator), 'large'],
    ['of the namespace, for who was granted some', () => actorOf(guest), 'large'],
    ['of all that is public, for its administrator', () => actorOf(administrator), undefined],
    ['of all that is public, for who was granted some', () => actorOf(guest), undefined],
    ['of all that is public, for nobody in particular', () => ({ kind: 'anonymous' }) as const, undefined],
  ] as const;

  it.each(cases)(
    '%s, looks at no more rows than a few for each that it has, however deep it is',
    async (_, actor, name) => {
      const reader = await readerFor(db, actor(), POLICY, true);
      const namespaceId = name === undefined ? undefined : await findNamespaceId(db, name);
      const holdings = reader.user && (await readHoldings(db, reader.user.id, namespaceId));
      const ids = await db.read<Tables>().selectFrom('repository').select('id').orderBy('id').execute();
      for (const depth of [0, COUNT / 2, COUNT - 500]) {
        const afterId = ids[depth]?.id ?? 0;
        const query = pageQuery(reader, { namespaceId, holdings, afterId, limit: PAGE + 1, taggedBefore: 1 })?.compile(
          db.read(),
        );
        if (query === undefined) throw new Error('nothing is read at all');
        await expectFewRows(query, 'tag_latest');
      }
    },
  );

  it('has the newest tags of one that has 10,000, and reads no others', async () => {
    await expectFewRows(newestTagsQuery(db, tagged, PAGE, COUNT).compile(), 'tag_latest');
    const found = await listNewestTags(db, tagged, PAGE);
    expect(found.map(({ name }) => name)).toEqual(Array.from({ length: PAGE }, (_, index) => `v${COUNT - 1 - index}`));
    const page = await listVisibleRepositories(db, POLICY, ANONYMOUS, { publicToo: true, tagTimes: true, limit: 1 });
    expect(page.repositories[0]).toMatchObject({ id: tagged, last_tagged_at: COUNT - 1 });
  });

  it.each(cases)('%s, leads to all of them, each once', async (_, actor, namespace) => {
    const seen: number[] = [];
    for (let afterId: number | undefined; ;) {
      const wanted = { namespace, publicToo: true, tagTimes: false, afterId, limit: 1000 };
      const page = await listVisibleRepositories(db, POLICY, actor(), wanted);
      seen.push(...page.repositories.map(({ id }) => id));
      if (page.next === undefined) break;
      afterId = page.next;
    }
    expect(new Set(seen).size).toBe(seen.length);
    const share = actor().kind === 'anonymous' ? 1 / 4 : (actor() as { userId: number }).userId === guest ? 3 / 4 : 1;
    expect(seen.length).toBe(COUNT * share);
  });
});
