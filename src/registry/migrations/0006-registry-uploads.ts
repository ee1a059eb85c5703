import type { Migration } from '../../platform/db/index.ts';

export const registryUploads: Migration = {
  name: '0006_registry_uploads',
  statements: (t) => [
    `CREATE TABLE upload (
      id ${t.text} NOT NULL PRIMARY KEY,
      repository_id ${t.int} REFERENCES repository (id),
      size_bytes ${t.int} NOT NULL DEFAULT 0,
      digest_algorithm ${t.text} NOT NULL,
      created_at ${t.int} NOT NULL,
      expires_at ${t.int} NOT NULL
    )${t.strict}`,
    'CREATE INDEX upload_expiry ON upload (expires_at)',
    'CREATE INDEX upload_repository ON upload (repository_id)',
  ],
};
