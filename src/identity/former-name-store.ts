import { sql } from 'kysely';
import { type Database, prepared, type Transaction } from '../platform/db/index.ts';
import type { IdentityTables } from './tables.ts';

/** PostgreSQL: holds the row until the transaction ends. undefined: it is gone or disabled. */
export function lockNamespaceName(
  tx: Transaction,
  id: number,
): Promise<{ readonly name: string; readonly kind: 'user' | 'organization' } | undefined> {
  return tx
    .query<IdentityTables>()
    .selectFrom('namespace')
    .select(['name', 'kind'])
    .where('id', '=', id)
    .where('enabled', '=', 1)
    .$if(tx.dialect === 'postgres', (query) => query.forNoKeyUpdate())
    .executeTakeFirst();
}

export async function countFormerNames(tx: Transaction, id: number): Promise<number> {
  const rows = await tx
    .query<IdentityTables>()
    .selectFrom('namespace')
    .select('id')
    .where('alias_of', '=', id)
    .execute();
  return rows.length;
}

/** Frees a name that was the namespace's own before. */
export async function deleteFormerName(tx: Transaction, id: number, name: string): Promise<void> {
  await tx
    .query<IdentityTables>()
    .deleteFrom('namespace')
    .where('name', '=', name)
    .where('alias_of', '=', id)
    .execute();
}

/** Frees all former names of a namespace. */
export async function deleteFormerNames(tx: Transaction, id: number): Promise<void> {
  await tx.query<IdentityTables>().deleteFrom('namespace').where('alias_of', '=', id).execute();
}

/** Frees every name that has led to another one for its time. */
export async function deleteEndedNames(tx: Transaction): Promise<void> {
  await tx
    .query<IdentityTables>()
    .deleteFrom('namespace')
    .where('alias_until', '<=', await tx.now())
    .execute();
}

/**
 * Gives a namespace and its robots a name that nobody else has; the former one leads there until `aliasUntil`.
 * @param placeholderId a row that has the new name already, made by `insertNamespace`: so two cannot get it at once
 */
export async function swapNames(
  tx: Transaction,
  namespace: { readonly id: number; readonly oldName: string; readonly newName: string },
  placeholderId: number,
  aliasUntil: number,
): Promise<void> {
  const { id, oldName, newName } = namespace;
  const rename = (
    row: number,
    change: { readonly name: string; readonly enabled?: 0; readonly alias_of?: number; readonly alias_until?: number },
  ) => tx.query<IdentityTables>().updateTable('namespace').set(change).where('id', '=', row).execute();
  // No name that anybody may choose begins with this sign.
  await rename(placeholderId, { name: `!former-${placeholderId}` });
  await rename(id, { name: newName });
  await rename(placeholderId, { name: oldName, enabled: 0, alias_of: id, alias_until: aliasUntil });
  await tx
    .query<IdentityTables>()
    .updateTable('namespace')
    .set({ name: sql<string>`CAST(${newName} AS TEXT) || substr(name, CAST(${oldName.length + 1} AS INTEGER))` })
    .where('id', 'in', (row) => row.selectFrom('user_account').select('namespace_id').where('owner_id', '=', id))
    // Deleted ones have another name by now. After "+" comes ",".
    .where('name', '>=', `${oldName}+`)
    .where('name', '<', `${oldName},`)
    .execute();
}

const currentName = prepared<IdentityTables, [string], { readonly name: string }>((query, value) =>
  query
    .selectFrom('namespace as f')
    .innerJoin('namespace as n', 'n.id', 'f.alias_of')
    .select('n.name')
    .where('f.name', '=', value(0)),
);

/** The name that a former one leads to; undefined: it is no former one. */
export async function findCurrentName(db: Database, formerName: string): Promise<string | undefined> {
  return (await currentName.first(db, formerName))?.name;
}
