import type { Migration } from '../../platform/db/index.ts';

export const identityDeletedNamespaces: Migration = {
  name: '0015_identity_deleted_namespaces',
  statements: (t) => [
    `CREATE TABLE deleted_namespace (
      namespace_id ${t.int} NOT NULL PRIMARY KEY REFERENCES namespace (id),
      name ${t.text} NOT NULL,
      email ${t.text},
      deleted_at ${t.int} NOT NULL
    )${t.strict}`,
  ],
};
