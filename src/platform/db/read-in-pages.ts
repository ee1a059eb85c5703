import { setImmediate as othersTurn } from 'node:timers/promises';

/**
 * Reads a whole list page by page, so that each query stays short however long the list is, and other requests get their turn
 * in between. What changes meanwhile may or may not be in it.
 * @param read the rows after `last` in the order of a key; fewer than `limit` end the list
 */
export async function readInPages<Row>(
  limit: number,
  read: (last: Row | undefined, limit: number) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  const first = await read(undefined, limit);
  if (first.length < limit) return first;
  const rows = [...first];
  for (;;) {
    await othersTurn();
    const page = await read(rows.at(-1), limit);
    rows.push(...page);
    if (page.length < limit) return rows;
  }
}
