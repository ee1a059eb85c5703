import type { Migration } from '../../platform/db/index.ts';

export const catalogRepositories: Migration = {
  name: '0005_catalog_repositories',
  statements: (t) => [
    `CREATE TABLE repository (
      id ${t.id},
      namespace_id ${t.int} NOT NULL REFERENCES namespace (id),
      name ${t.text} NOT NULL,
      visibility ${t.text} NOT NULL CHECK (visibility IN ('public', 'private')),
      state ${t.text} NOT NULL DEFAULT 'NORMAL' CHECK (state IN ('NORMAL', 'READ_ONLY', 'MIRROR')),
      description ${t.text},
      created_at ${t.int} NOT NULL,
      deleted_at ${t.int}
    )${t.strict}`,
    'CREATE UNIQUE INDEX repository_name ON repository (namespace_id, name) WHERE deleted_at IS NULL',
    `CREATE TABLE repository_permission (
      id ${t.id},
      repository_id ${t.int} NOT NULL REFERENCES repository (id),
      user_id ${t.int} REFERENCES user_account (namespace_id),
      team_id ${t.int} REFERENCES team (id),
      role ${t.text} NOT NULL CHECK (role IN ('read', 'write', 'admin')),
      CHECK ((user_id IS NULL) <> (team_id IS NULL)),
      UNIQUE (repository_id, user_id),
      UNIQUE (repository_id, team_id)
    )${t.strict}`,
    'CREATE INDEX repository_permission_user ON repository_permission (user_id)',
    'CREATE INDEX repository_permission_team ON repository_permission (team_id)',
    `CREATE TABLE manifest (
      id ${t.id},
      repository_id ${t.int} NOT NULL REFERENCES repository (id),
      digest ${t.text} NOT NULL,
      digest_sha512 ${t.text},
      media_type ${t.text} NOT NULL,
      bytes ${t.bytes} NOT NULL,
      size_bytes ${t.int} NOT NULL,
      config_media_type ${t.text},
      artifact_type ${t.text},
      subject_digest ${t.text},
      annotations ${t.text},
      created_at ${t.int} NOT NULL,
      kept_until ${t.int} NOT NULL,
      deleted_at ${t.int},
      UNIQUE (repository_id, digest)
    )${t.strict}`,
    'CREATE UNIQUE INDEX manifest_sha512 ON manifest (repository_id, digest_sha512) WHERE digest_sha512 IS NOT NULL',
    'CREATE INDEX manifest_subject ON manifest (repository_id, subject_digest, digest) WHERE subject_digest IS NOT NULL',
    `CREATE TABLE manifest_blob (
      manifest_id ${t.int} NOT NULL REFERENCES manifest (id),
      blob_id ${t.int} NOT NULL REFERENCES blob (id),
      repository_id ${t.int} NOT NULL REFERENCES repository (id),
      PRIMARY KEY (manifest_id, blob_id)
    )${t.strict}`,
    'CREATE INDEX manifest_blob_repository ON manifest_blob (repository_id, blob_id)',
    'CREATE INDEX manifest_blob_blob ON manifest_blob (blob_id)',
    `CREATE TABLE manifest_child (
      parent_id ${t.int} NOT NULL REFERENCES manifest (id),
      child_id ${t.int} NOT NULL REFERENCES manifest (id),
      PRIMARY KEY (parent_id, child_id)
    )${t.strict}`,
    'CREATE INDEX manifest_child_child ON manifest_child (child_id)',
    `CREATE TABLE tag (
      id ${t.id},
      repository_id ${t.int} NOT NULL REFERENCES repository (id),
      name ${t.text} NOT NULL,
      manifest_id ${t.int} NOT NULL REFERENCES manifest (id),
      start_at ${t.int} NOT NULL,
      end_at ${t.int},
      expires_at ${t.int}
    )${t.strict}`,
    'CREATE UNIQUE INDEX tag_alive ON tag (repository_id, name) WHERE end_at IS NULL',
    'CREATE INDEX tag_history ON tag (repository_id, name, start_at)',
    'CREATE INDEX tag_manifest ON tag (manifest_id)',
    'CREATE INDEX tag_expiry ON tag (expires_at) WHERE end_at IS NULL AND expires_at IS NOT NULL',
    `CREATE TABLE namespace_blob (
      namespace_id ${t.int} NOT NULL REFERENCES namespace (id),
      blob_id ${t.int} NOT NULL REFERENCES blob (id),
      PRIMARY KEY (namespace_id, blob_id)
    )${t.strict}`,
    'CREATE INDEX namespace_blob_blob ON namespace_blob (blob_id)',
  ],
};
