import { sql } from 'kysely';
import type { Transaction } from '../platform/db/index.ts';
import type { AuditEntry } from './model.ts';
import type { AuditTables } from './tables.ts';

export async function insertEntry(tx: Transaction, at: number, entry: AuditEntry): Promise<void> {
  await tx
    .query<AuditTables>()
    .insertInto('audit_log')
    .values({
      at,
      kind: entry.kind,
      actor_kind: entry.actor.kind,
      actor_name: entry.actor.name ?? null,
      namespace_id: entry.namespaceId ?? null,
      repository_id: entry.repositoryId ?? null,
      client_address: entry.clientAddress ?? null,
      metadata: JSON.stringify(entry.metadata ?? {}),
    })
    .execute();
}

/**
 * Inserts many entries by one statement with one parameter: the cost of building and binding a statement with eight
 * parameters a row would be most of what a pull costs.
 */
export async function insertEntries(
  tx: Transaction,
  rows: readonly { readonly at: number; readonly entry: AuditEntry }[],
): Promise<void> {
  const json = JSON.stringify(
    rows.map(({ at, entry }) => [
      at,
      entry.kind,
      entry.actor.kind,
      entry.actor.name ?? null,
      entry.namespaceId ?? null,
      entry.repositoryId ?? null,
      entry.clientAddress ?? null,
      JSON.stringify(entry.metadata ?? {}),
    ]),
  );
  const columns = sql.raw(
    'audit_log (at, kind, actor_kind, actor_name, namespace_id, repository_id, client_address, metadata)',
  );
  const insert =
    tx.dialect === 'sqlite'
      ? sql`INSERT INTO ${columns}
          SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7
          FROM json_each(${json})`
      : sql`INSERT INTO ${columns}
          SELECT (e ->> 0)::bigint, e ->> 1, e ->> 2, e ->> 3, (e ->> 4)::bigint, (e ->> 5)::bigint, e ->> 6, e ->> 7
          FROM json_array_elements(${json}::json) AS e`;
  await insert.execute(tx.query<AuditTables>());
}
