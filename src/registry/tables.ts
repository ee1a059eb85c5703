import type { DigestAlgorithm } from '../kernel/digest.ts';

export interface RegistryTables {
  upload: {
    /** UUID; also what the storage knows the bytes by, until another node takes over. */
    id: string;
    /** null: pushed in one request, which decides at its end where the blob goes; the id is told to nobody. */
    repository_id: number | null;
    /** Bytes that are durable and acknowledged. */
    size_bytes: number;
    digest_algorithm: DigestAlgorithm;
    /** Who is writing at the moment: a UUID made for his request; null: nobody. Kept where there are several nodes. */
    writer: string | null;
    /** What the storage knows the bytes by, when that is no longer `id`. */
    storage_id: string | null;
    created_at: number;
    expires_at: number;
  };
}
