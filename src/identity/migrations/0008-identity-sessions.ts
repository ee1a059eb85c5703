import type { Migration } from '../../platform/db/index.ts';

export const identitySessions: Migration = {
  name: '0008_identity_sessions',
  statements: (t) => [
    `CREATE TABLE session (
      id ${t.text} NOT NULL PRIMARY KEY,
      user_id ${t.int} NOT NULL REFERENCES user_account (namespace_id),
      password_version ${t.int} NOT NULL,
      created_at ${t.int} NOT NULL,
      verified_at ${t.int} NOT NULL,
      seen_at ${t.int} NOT NULL,
      expires_at ${t.int} NOT NULL
    )${t.strict}`,
    'CREATE INDEX session_account ON session (user_id)',
    'CREATE INDEX session_expiry ON session (expires_at)',
  ],
};
