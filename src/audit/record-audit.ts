import type { Transaction } from '../platform/db/index.ts';
import type { AuditEntry } from './model.ts';
import { insertEntry } from './store.ts';

/** Writes the record of a change in the change's own transaction: there is neither a change without it nor it alone. */
export async function recordAudit(tx: Transaction, entry: AuditEntry): Promise<void> {
  await insertEntry(tx, await tx.now(), entry);
}
