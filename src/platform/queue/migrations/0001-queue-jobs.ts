import type { Migration } from '../../db/index.ts';

export const queueJobs: Migration = {
  name: '0001_queue_jobs',
  statements: (t) => [
    `CREATE TABLE job (
      id ${t.id},
      queue ${t.text} NOT NULL,
      payload ${t.text} NOT NULL,
      dedupe_key ${t.text},
      run_at ${t.int} NOT NULL,
      attempts ${t.int} NOT NULL DEFAULT 0,
      max_attempts ${t.int} NOT NULL,
      lease_id ${t.text},
      lease_until ${t.int},
      last_error ${t.text},
      failed_at ${t.int},
      created_at ${t.int} NOT NULL
    )${t.strict}`,
    'CREATE INDEX job_due ON job (queue, run_at) WHERE failed_at IS NULL',
    'CREATE UNIQUE INDEX job_dedupe ON job (queue, dedupe_key) WHERE dedupe_key IS NOT NULL AND failed_at IS NULL',
    `CREATE TABLE instance_setting (
      key ${t.text} NOT NULL PRIMARY KEY,
      value ${t.text} NOT NULL
    )${t.strict}`,
  ],
};
