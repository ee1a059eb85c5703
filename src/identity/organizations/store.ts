import type { Database, Transaction } from '../../platform/db/index.ts';
import type { IdentityTables } from '../tables.ts';

export interface OrganizationRow {
  readonly id: number;
  readonly name: string;
  readonly contact_email: string | null;
  readonly invoice_email: number;
  readonly invoice_email_address: string | null;
  readonly tag_expiration_s: number | null;
}

const COLUMNS = ['id', 'name', 'contact_email', 'invoice_email', 'invoice_email_address', 'tag_expiration_s'] as const;

export function readOrganization(db: Database, name: string): Promise<OrganizationRow | undefined> {
  return db
    .read<IdentityTables>()
    .selectFrom('namespace')
    .select(COLUMNS)
    .where('name', '=', name)
    .where('kind', '=', 'organization')
    .where('enabled', '=', 1)
    .executeTakeFirst();
}

/**
 * Reads an organization and, on PostgreSQL, holds its row, so that changes of who administers it come one after another. (SQLite
 * has one writer anyway.) undefined: it is gone.
 * @param creations whether whoever creates a repository in it waits too
 */
export function lockOrganizationRow(
  tx: Transaction,
  id: number,
  creations: boolean,
): Promise<OrganizationRow | undefined> {
  return tx
    .query<IdentityTables>()
    .selectFrom('namespace')
    .select(COLUMNS)
    .where('id', '=', id)
    .where('kind', '=', 'organization')
    .where('enabled', '=', 1)
    .$if(tx.dialect === 'postgres', (query) => (creations ? query.forUpdate() : query.forNoKeyUpdate()))
    .executeTakeFirst();
}

export async function updateOrganization(
  tx: Transaction,
  id: number,
  change: Partial<Omit<OrganizationRow, 'id' | 'name'>>,
): Promise<void> {
  await tx.query<IdentityTables>().updateTable('namespace').set(change).where('id', '=', id).execute();
}
