import type { Generated } from 'kysely';

export interface StorageTables {
  blob: {
    id: Generated<number>;
    sha256: string;
    sha512: string | null;
    size_bytes: number;
    created_at: number;
  };
  lease: { repository_id: number; blob_id: number; expires_at: number };
}
