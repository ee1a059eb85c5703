import type { Migration } from '../../platform/db/index.ts';

export const storageBlobs: Migration = {
  name: '0002_storage_blobs',
  statements: (t) => [
    `CREATE TABLE blob (
      id ${t.id},
      sha256 ${t.text} NOT NULL UNIQUE,
      sha512 ${t.text} UNIQUE,
      size_bytes ${t.int} NOT NULL CHECK (size_bytes >= 0),
      created_at ${t.int} NOT NULL
    )${t.strict}`,
    `CREATE TABLE lease (
      repository_id ${t.int} NOT NULL,
      blob_id ${t.int} NOT NULL REFERENCES blob (id),
      expires_at ${t.int} NOT NULL,
      PRIMARY KEY (repository_id, blob_id)
    )${t.strict}`,
    'CREATE INDEX lease_blob ON lease (blob_id)',
    'CREATE INDEX lease_expiry ON lease (expires_at)',
  ],
};
