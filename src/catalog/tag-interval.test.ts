import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import type { Digest } from '../kernel/digest.ts';
import { AppError } from '../kernel/errors.ts';
import type { Tag } from '../kernel/reference.ts';
import type { Database, Transaction } from '../platform/db/index.ts';
import { addNamespace, addRepository, record, tag } from './testing/catalog-fixture.ts';
import { deleteManifest, deleteTag, findManifestByTag, listTags, putManifest } from './index.ts';
import type { CatalogTables } from './index.ts';

const TAGS = ['a', 'b'].map(tag);
const MANIFESTS = ['one', 'two', 'three'].map((content) => record(content));

type Step = { readonly tick: number; readonly tag: Tag } & (
  | { readonly kind: 'push'; readonly manifest: number }
  | { readonly kind: 'expire'; readonly afterMs: number }
  | { readonly kind: 'delete' | 'pull' }
  | { readonly kind: 'delete manifest'; readonly manifest: number }
);

const manifestIndex = fc.nat({ max: MANIFESTS.length - 1 });
const step: fc.Arbitrary<Step> = fc
  .tuple(
    // Mostly forward or standing still; sometimes the database's clock is set back.
    fc.oneof(
      { weight: 5, arbitrary: fc.nat({ max: 20 }) },
      { weight: 1, arbitrary: fc.integer({ min: -100, max: -1 }) },
    ),
    fc.constantFrom(...TAGS),
    fc.oneof(
      { weight: 4, arbitrary: manifestIndex.map((manifest) => ({ kind: 'push' as const, manifest })) },
      {
        weight: 2,
        arbitrary: fc.integer({ min: -5, max: 30 }).map((afterMs) => ({ kind: 'expire' as const, afterMs })),
      },
      { weight: 1, arbitrary: fc.constant({ kind: 'delete' as const }) },
      { weight: 2, arbitrary: fc.constant({ kind: 'pull' as const }) },
      { weight: 1, arbitrary: manifestIndex.map((manifest) => ({ kind: 'delete manifest' as const, manifest })) },
    ),
  )
  .map(([tick, name, what]) => ({ tick, tag: name, ...what }));

/** The database with a clock that the test sets. */
function withClock(db: Database, clock: { now: number }): Database {
  const now = async (): Promise<number> => clock.now;
  return {
    ...db,
    now,
    transaction: (work) => db.transaction((tx) => work({ ...tx, now } satisfies Transaction)),
  };
}

/** What tags mean, without history: a name points at a manifest until it is moved, deleted or expired. */
class Model {
  readonly #alive = new Map<Tag, { digest: Digest; expiresAt: number | undefined }>();

  push(name: Tag, digest: Digest): void {
    this.#alive.set(name, { digest, expiresAt: undefined });
  }
  expire(name: Tag, expiresAt: number): void {
    const entry = this.#alive.get(name);
    if (entry !== undefined) entry.expiresAt = expiresAt;
  }
  get(name: Tag, now: number): Digest | undefined {
    const entry = this.#alive.get(name);
    return entry === undefined || (entry.expiresAt ?? Infinity) <= now ? undefined : entry.digest;
  }
  delete(name: Tag): void {
    this.#alive.delete(name);
  }
  deleteManifest(digest: Digest): void {
    for (const [name, entry] of this.#alive) if (entry.digest === digest) this.#alive.delete(name);
  }
  names(now: number): Tag[] {
    return [...this.#alive.keys()].filter((name) => this.get(name, now) !== undefined).toSorted();
  }
}

const unknown = async (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => false,
    (error: unknown) => {
      if (error instanceof AppError && error.code === 'MANIFEST_UNKNOWN') return true;
      throw error;
    },
  );

describeOnBothDatabases('tags as intervals', (context) => {
  let db: Database;
  let namespaceId: number;
  let counter = 0;
  beforeAll(async () => {
    ({ db } = context());
    namespaceId = await addNamespace(db, 'intervals');
  });

  const history = async (repositoryId: number, name: Tag) =>
    db
      .read<CatalogTables>()
      .selectFrom('tag')
      .select(['start_at', 'end_at'])
      .where('repository_id', '=', repositoryId)
      .where('name', '=', name)
      .orderBy('id')
      .execute();

  it('agree with the model whatever is pushed, moved, deleted or expires, and whatever the clock does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        const repositoryId = await addRepository(db, namespaceId, `r${(counter += 1)}`);
        const clock = { now: 1_000_000 };
        const timed = withClock(db, clock);
        const model = new Model();
        for (const each of steps) {
          clock.now += each.tick;
          await apply(each, timed, model, repositoryId, clock.now);
          expect(await listTags(timed, repositoryId, { limit: 10 })).toEqual(model.names(clock.now));
        }
        for (const name of TAGS) {
          const rows = await history(repositoryId, name);
          expect(rows.filter((row) => row.end_at === null).length).toBeLessThanOrEqual(1);
          rows.forEach((row, index) => {
            const previous = rows[index - 1];
            if (previous !== undefined) {
              expect(previous.end_at).not.toBeNull();
              expect(row.start_at).toBeGreaterThan(previous.start_at);
              expect(row.start_at).toBeGreaterThanOrEqual(previous.end_at ?? Infinity);
            }
            if (row.end_at !== null) expect(row.end_at).toBeGreaterThan(row.start_at);
          });
        }
      }),
      { numRuns: 40 },
    );
  });

  async function apply(each: Step, timed: Database, model: Model, repositoryId: number, now: number): Promise<void> {
    const before = model.get(each.tag, now);
    if (each.kind === 'push') {
      const pushed = MANIFESTS[each.manifest] ?? record('one');
      await timed.transaction((tx) =>
        putManifest(tx, { repositoryId, record: pushed, tags: [each.tag], keepForMs: 0 }),
      );
      model.push(each.tag, pushed.digest);
    } else if (each.kind === 'expire') {
      // A tag that is gone cannot be given an expiry.
      if (before === undefined) return;
      const expiresAt = now + each.afterMs;
      await timed.transaction(async (tx) => {
        const update = tx.query<CatalogTables>().updateTable('tag').set({ expires_at: expiresAt });
        await update
          .where('repository_id', '=', repositoryId)
          .where('name', '=', each.tag)
          .where('end_at', 'is', null)
          .execute();
      });
      model.expire(each.tag, expiresAt);
    } else if (each.kind === 'delete') {
      const gone = await unknown(timed.transaction((tx) => deleteTag(tx, repositoryId, each.tag)));
      expect(gone).toBe(before === undefined);
      if (!gone) model.delete(each.tag);
    } else if (each.kind === 'delete manifest') {
      const { digest } = MANIFESTS[each.manifest] ?? record('one');
      if (!(await unknown(timed.transaction((tx) => deleteManifest(tx, repositoryId, digest))))) {
        model.deleteManifest(digest);
      }
    } else {
      const found = await findManifestByTag(timed, repositoryId, each.tag);
      expect(found?.digest).toBe(before);
      // Whoever meets an expired tag closes it for good.
      if (before === undefined) model.delete(each.tag);
    }
  }

  it('a tag that is pushed again with the same manifest has no second interval', async () => {
    const repositoryId = await addRepository(db, namespaceId, 'again');
    const put = () =>
      db.transaction((tx) =>
        putManifest(tx, { repositoryId, record: record('same'), tags: [tag('v1')], keepForMs: 0 }),
      );
    expect((await put()).tags).toEqual([{ name: 'v1', change: 'created' }]);
    expect((await put()).tags).toEqual([{ name: 'v1', change: 'unchanged' }]);
    expect(await history(repositoryId, tag('v1'))).toHaveLength(1);
  });

  it('twenty pushes of different manifests to one tag at once all succeed and one of them wins', async () => {
    const repositoryId = await addRepository(db, namespaceId, 'race');
    const records = Array.from({ length: 20 }, (_, index) => record(`race ${index}`));
    await Promise.all(
      records.map((each) =>
        db.transaction((tx) => putManifest(tx, { repositoryId, record: each, tags: [tag('latest')], keepForMs: 0 })),
      ),
    );
    const rows = await history(repositoryId, tag('latest'));
    expect(rows).toHaveLength(20);
    expect(rows.filter((row) => row.end_at === null)).toHaveLength(1);
    const winner = await findManifestByTag(db, repositoryId, tag('latest'));
    expect(records.map((each) => each.digest)).toContain(winner?.digest);
  });
});
