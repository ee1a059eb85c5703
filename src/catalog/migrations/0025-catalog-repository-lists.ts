import type { Migration } from '../../platform/db/index.ts';

export const catalogRepositoryLists: Migration = {
  name: '0025_catalog_repository_lists',
  statements: (t) => [
    // Lets a badge show the state of builds to whoever has its address; a version that does not know it leaves it out.
    `ALTER TABLE repository ADD COLUMN badge_token ${t.text}`,
    t.dialect === 'sqlite'
      ? 'UPDATE repository SET badge_token = lower(hex(randomblob(16)))'
      : "UPDATE repository SET badge_token = replace(gen_random_uuid()::text, '-', '')",
    // As the layers of an image manifest say; null for everything else, and where a version before has written it.
    `ALTER TABLE manifest ADD COLUMN layers_size_bytes ${t.int}`,
    // Each source of a list of repositories in the order of their ids.
    "CREATE INDEX repository_public ON repository (id) WHERE visibility = 'public' AND deleted_at IS NULL",
    `CREATE INDEX repository_public_of_namespace ON repository (namespace_id, id)
      WHERE visibility = 'public' AND deleted_at IS NULL`,
    'CREATE INDEX repository_of_namespace ON repository (namespace_id, id) WHERE deleted_at IS NULL',
    'CREATE INDEX repository_permission_of_user ON repository_permission (user_id, repository_id)',
    'CREATE INDEX repository_permission_of_team ON repository_permission (team_id, repository_id)',
    // The tag that was pushed last, of a repository with any number of them.
    'CREATE INDEX tag_latest ON tag (repository_id, start_at) WHERE end_at IS NULL',
  ],
};
