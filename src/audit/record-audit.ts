import type { Transaction } from '../platform/db/index.ts';
import type { AuditEntry } from './model.ts';
import { insertEntries, insertEntry } from './store.ts';

/** Writes the record of a change in the change's own transaction: there is neither a change without it nor it alone. */
export async function recordAudit(tx: Transaction, entry: AuditEntry): Promise<void> {
  await insertEntry(tx, await tx.now(), entry);
}

/** The same for several records of one change, by one statement. */
export async function recordAudits(tx: Transaction, entries: readonly AuditEntry[]): Promise<void> {
  if (entries.length === 0) return;
  const at = await tx.now();
  await insertEntries(
    tx,
    entries.map((entry) => ({ at, entry })),
  );
}
