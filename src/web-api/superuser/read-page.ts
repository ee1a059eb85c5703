import { setImmediate as othersTurn } from 'node:timers/promises';
import { z } from 'zod';
import { nextPage, type PagedList, type PageTokens } from '../frame/page-token.ts';
import { wholeNumber } from '../frame/parameters.ts';

/** Rows that one query reads, so that each stays short. */
const READ_AT_ONCE = 500;
/** Rows of an answer when the caller sets no limit: Quay's clients expect all of them, and few registries have more. */
const UNLIMITED_MAX = 10_000;

export const PAGE = {
  limit: wholeNumber({ min: 0, max: 100, byDefault: 0 }).describe('Entries of a page; 0: all, up to 10,000'),
  next_page: nextPage,
};

/**
 * A page of a list that is ordered by id, with the token of the next one when there is more.
 * @param read rows with ids above `after`, in their order; fewer than `limit` end the list
 */
export async function readPage<Row extends { readonly id: number }>(
  pageTokens: PageTokens,
  list: PagedList,
  query: { readonly limit: number; readonly next_page?: string | undefined },
  read: (after: number, limit: number) => Promise<readonly Row[]>,
): Promise<{ readonly rows: readonly Row[]; readonly next: { readonly next_page?: string } }> {
  const most = query.limit === 0 ? UNLIMITED_MAX : query.limit;
  let after = pageTokens.open(list, query.next_page, z.int()) ?? 0;
  const found: Row[] = [];
  for (;;) {
    // One more than is answered tells whether there is a next page.
    const wanted = Math.min(READ_AT_ONCE, most + 1 - found.length);
    const some = await read(after, wanted);
    found.push(...some);
    const last = some.at(-1);
    if (last === undefined || some.length < wanted || found.length > most) break;
    after = last.id;
    await othersTurn();
  }
  const rows = found.slice(0, most);
  const last = rows.at(-1);
  const more = found.length > most && last !== undefined;
  return { rows, next: more ? { next_page: pageTokens.seal(list, last.id) } : {} };
}
