import type { Migration } from '../../platform/db/index.ts';

export const auditLog: Migration = {
  name: '0003_audit_log',
  statements: (t) => [
    `CREATE TABLE audit_log (
      id ${t.id},
      at ${t.int} NOT NULL,
      kind ${t.text} NOT NULL,
      actor_kind ${t.text} NOT NULL,
      actor_name ${t.text},
      namespace_id ${t.int},
      repository_id ${t.int},
      client_address ${t.text},
      metadata ${t.text} NOT NULL
    )${t.strict}`,
    'CREATE INDEX audit_log_namespace ON audit_log (namespace_id, at)',
    'CREATE INDEX audit_log_repository ON audit_log (repository_id, at)',
  ],
};
