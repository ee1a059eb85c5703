import type { DigestAlgorithm } from '../kernel/digest.ts';

export interface RegistryTables {
  upload: {
    /** UUID; also what the storage knows the bytes by. */
    id: string;
    /** null: pushed in one request, which decides at its end where the blob goes; the id is told to nobody. */
    repository_id: number | null;
    /** Bytes that are durable and acknowledged. */
    size_bytes: number;
    digest_algorithm: DigestAlgorithm;
    created_at: number;
    expires_at: number;
  };
}
