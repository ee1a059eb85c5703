import type { Generated } from 'kysely';

export type Visibility = 'public' | 'private';
export type RepositoryRole = 'read' | 'write' | 'admin';

export interface CatalogTables {
  repository: {
    id: Generated<number>;
    namespace_id: number;
    name: string;
    visibility: Visibility;
    state: Generated<'NORMAL' | 'READ_ONLY' | 'MIRROR'>;
    description: string | null;
    created_at: number;
    deleted_at: number | null;
    badge_token: Generated<string | null>;
  };
  repository_permission: {
    id: Generated<number>;
    repository_id: number;
    user_id: number | null;
    team_id: number | null;
    role: RepositoryRole;
  };
  manifest: {
    id: Generated<number>;
    repository_id: number;
    digest: string;
    digest_sha512: string | null;
    media_type: string;
    bytes: Uint8Array;
    size_bytes: number;
    config_media_type: string | null;
    artifact_type: string | null;
    subject_digest: string | null;
    annotations: string | null;
    created_at: number;
    kept_until: number;
    deleted_at: number | null;
    /** Of an image manifest; null for others, and for what versions before 0.3.0 have written. */
    layers_size_bytes: Generated<number | null>;
  };
  manifest_blob: { manifest_id: number; blob_id: number; repository_id: number };
  manifest_child: { parent_id: number; child_id: number };
  tag: {
    id: Generated<number>;
    repository_id: number;
    name: string;
    manifest_id: number;
    start_at: number;
    end_at: number | null;
    expires_at: number | null;
  };
  namespace_blob: { namespace_id: number; blob_id: number };
}
