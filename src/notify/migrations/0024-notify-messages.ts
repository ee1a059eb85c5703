import type { Migration } from '../../platform/db/index.ts';

export const notifyMessages: Migration = {
  name: '0024_notify_messages',
  statements: (t) => [
    `CREATE TABLE global_message (
      id ${t.id},
      uuid ${t.text} NOT NULL UNIQUE,
      content ${t.text} NOT NULL,
      media_type ${t.text} NOT NULL CHECK (media_type IN ('text/plain', 'text/markdown')),
      severity ${t.text} NOT NULL CHECK (severity IN ('info', 'warning', 'error')),
      created_at ${t.int} NOT NULL
    )${t.strict}`,
  ],
};
