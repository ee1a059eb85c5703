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
    lease_id: Generated<string | null>;
    lease_until: Generated<number | null>;
    last_error: Generated<string | null>;
    failed_at: Generated<number | null>;
    created_at: number;
  };
}
