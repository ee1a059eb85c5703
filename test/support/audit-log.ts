import type { AuditTables } from '../../src/audit/index.ts';
import type { Database } from '../../src/platform/db/index.ts';

export interface LoggedEntry {
  readonly kind: string;
  readonly actor: string | null;
  readonly metadata: unknown;
}

/** The audit log of a namespace, oldest first. */
export async function auditLogOf(db: Database, namespaceId: number): Promise<readonly LoggedEntry[]> {
  const rows = await db
    .read<AuditTables>()
    .selectFrom('audit_log')
    .select(['kind', 'actor_name', 'metadata'])
    .where('namespace_id', '=', namespaceId)
    .orderBy('id')
    .execute();
  return rows.map(({ kind, actor_name: actor, metadata }) => ({
    kind,
    actor,
    metadata: JSON.parse(metadata) as unknown,
  }));
}
