import type { Generated } from 'kysely';

export interface AuditTables {
  audit_log: {
    id: Generated<number>;
    at: number;
    kind: string;
    actor_kind: string;
    actor_name: string | null;
    namespace_id: number | null;
    repository_id: number | null;
    client_address: string | null;
    metadata: string;
  };
}
