import type { DigestAlgorithm } from '../kernel/digest.ts';

export interface RegistryTables {
  upload: {
    /** UUID; also what the storage knows the bytes by. */
    id: string;
    repository_id: number;
    /** Bytes that are durable and acknowledged. */
    size_bytes: number;
    digest_algorithm: DigestAlgorithm;
    created_at: number;
    expires_at: number;
  };
}
