import type { Generated } from 'kysely';

export interface QueueTables {
  job: {
    id: Generated<number>;
    queue: string;
    payload: string;
    dedupe_key: string | null;
    run_at: number;
    attempts: Generated<number>;
    max_attempts: number;
    lease_id: string | null;
    lease_until: number | null;
    last_error: string | null;
    failed_at: number | null;
    created_at: number;
  };
}
