import { beforeAll, expect, it } from 'vitest';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import type { Digest } from '../kernel/digest.ts';
import type { Database } from '../platform/db/index.ts';
import { addNamespace, addRepository, digest, record, tag } from './testing/catalog-fixture.ts';
import { deleteManifest, listReferrers, listTags, putManifest } from './index.ts';
import type { CatalogTables, ManifestRecord } from './index.ts';
import { tagNamesQuery } from './tag-store.ts';

describeOnBothDatabases('lists of a repository', (context) => {
  let db: Database;
  let namespaceId: number;
  beforeAll(async () => {
    ({ db } = context());
    namespaceId = await addNamespace(db, 'lists');
  });

  const put = (repositoryId: number, pushed: ManifestRecord, tags: string[] = []) =>
    db.transaction((tx) => putManifest(tx, { repositoryId, record: pushed, tags: tags.map(tag), keepForMs: 0 }));

  it('give tags sorted bytewise, in pages that begin after any text', async () => {
    const repositoryId = await addRepository(db, namespaceId, 'tags');
    const sorted = ['1.0', '1.0-rc', '1.10', '10', 'Alpha', 'Zulu', '_x', 'alpha', 'beta', 'z.1', 'z_1'];
    await put(repositoryId, record('x'), sorted.toReversed());
    expect(await listTags(db, repositoryId, { limit: 100 })).toEqual(sorted);
    expect(await listTags(db, repositoryId, { limit: 3, after: '10' })).toEqual(['Alpha', 'Zulu', '_x']);
    expect(await listTags(db, repositoryId, { limit: 3, after: 'z' })).toEqual(['z.1', 'z_1']);
    expect(await listTags(db, repositoryId, { limit: 0 })).toEqual([]);
  });

  it('read a page deep in 100,000 tags in index order, from where it begins', async () => {
    const repositoryId = await addRepository(db, namespaceId, 'many');
    const seeds = await addRepository(db, namespaceId, 'seeds');
    const digits = Array.from({ length: 10 }, (_, digit) => String(digit));
    await put(seeds, record('seeds'), digits);
    for (const first of digits) {
      await db.transaction(async (tx) => {
        const columns = ['repository_id', 'name', 'manifest_id', 'start_at'] as const;
        const insert = tx.query<CatalogTables>().insertInto('tag').columns(columns);
        await insert
          .expression((from) =>
            from
              .selectFrom(['tag as a', 'tag as b', 'tag as c', 'tag as d', 'tag as e'])
              .select((eb) => [
                eb.val(repositoryId).as('repository_id'),
                eb('a.name', '||', eb('b.name', '||', eb('c.name', '||', eb('d.name', '||', eb.ref('e.name'))))).as(
                  'name',
                ),
                'a.manifest_id',
                'a.start_at',
              ])
              .where('a.repository_id', '=', seeds)
              .where('a.name', '=', first)
              .where('b.repository_id', '=', seeds)
              .where('c.repository_id', '=', seeds)
              .where('d.repository_id', '=', seeds)
              .where('e.repository_id', '=', seeds),
          )
          .execute();
      });
    }
    const page = { after: '90000', limit: 100 };
    expect((await listTags(db, repositoryId, page))[0]).toBe('90001');
    const query = tagNamesQuery(db, repositoryId, page, 2).compile();
    const explain = db.dialect === 'sqlite' ? 'EXPLAIN QUERY PLAN' : 'EXPLAIN';
    const plan = JSON.stringify(await db.rows({ ...query, sql: `${explain} ${query.sql}` }));
    // Without statistics PostgreSQL holds both indexes of names for equally good.
    expect(plan).toMatch(/SEARCH tag USING INDEX tag_alive|Index Scan using tag_(?:alive|history)/);
    expect(plan).toMatch(/name *> *(?:\?|'90000')/);
    expect(plan).not.toMatch(/SCAN|TEMP B-TREE|Seq Scan|Sort/);
  }, 30_000);

  it('give the referrers of a subject once each over all pages, alive ones only', async () => {
    const repositoryId = await addRepository(db, namespaceId, 'referrers');
    const subject = digest('a subject that is not there');
    const pushed: Digest[] = [];
    for (let index = 0; index < 120; index += 1) {
      const artifactType = index % 3 === 0 ? 'application/x.sbom' : 'application/x.signature';
      const referrer = record(`referrer ${index}`, { subject, artifactType, annotations: { index: String(index) } });
      await put(repositoryId, referrer);
      pushed.push(referrer.digest);
    }
    const [dead = subject] = pushed.splice(7, 1);
    await db.transaction((tx) => deleteManifest(tx, repositoryId, dead));
    const read = async (artifactType?: string, of: Digest = subject) => {
      const found = [];
      let after: Digest | undefined;
      do {
        const page = await listReferrers(db, repositoryId, of, { artifactType, after, limit: 50 });
        found.push(...page.referrers);
        after = page.next;
      } while (after !== undefined);
      return found;
    };
    const all = await read();
    expect(all.map((each) => each.digest)).toEqual(pushed.toSorted());
    expect(all.find((each) => each.digest === pushed[0])).toEqual({
      mediaType: record('').mediaType,
      size: 'referrer 0'.length,
      digest: pushed[0],
      artifactType: 'application/x.sbom',
      annotations: { index: '0' },
    });
    expect(await read('application/x.sbom')).toHaveLength(40);
    expect(await read('application/x.none')).toEqual([]);
    expect(await read(undefined, digest('another'))).toEqual([]);
    const elsewhere = await addRepository(db, namespaceId, 'no-referrers');
    expect((await listReferrers(db, elsewhere, subject, { limit: 10 })).referrers).toEqual([]);
  });

  it('give a referrer under whichever digest it names its subject, and as it was pushed', async () => {
    const repositoryId = await addRepository(db, namespaceId, 'referrers-512');
    const [sha256, sha512] = [digest('subject'), digest('subject', 'sha512')];
    await put(repositoryId, record('subject', { digestSha512: sha512 }));
    await put(repositoryId, record('by 256', { subject: sha256 }));
    const other = digest('by 512', 'sha512');
    await put(repositoryId, record('by 512', { subject: sha512, digestSha512: other }));
    const expected = [digest('by 256'), other].toSorted();
    for (const subject of [sha256, sha512]) {
      const { referrers } = await listReferrers(db, repositoryId, subject, { limit: 10 });
      expect(referrers.map((each) => each.digest).toSorted()).toEqual(expected);
    }
  });
});
