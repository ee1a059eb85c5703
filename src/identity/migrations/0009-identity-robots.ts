import type { Migration } from '../../platform/db/index.ts';

export const identityRobots: Migration = {
  name: '0009_identity_robots',
  statements: (t) => [
    // A robot is an account whose name is `<owner>+<short name>`, so that it can be granted whatever a user can.
    `ALTER TABLE user_account ADD COLUMN owner_id ${t.int} REFERENCES namespace (id)`,
    'CREATE INDEX user_account_owner ON user_account (owner_id)',
    `CREATE TABLE robot (
      user_id ${t.int} NOT NULL PRIMARY KEY REFERENCES user_account (namespace_id),
      description ${t.text} NOT NULL DEFAULT '',
      metadata ${t.text},
      last_used_at ${t.int}
    )${t.strict}`,
    `CREATE TABLE robot_token (
      id ${t.id},
      uuid ${t.text} NOT NULL UNIQUE,
      robot_id ${t.int} NOT NULL REFERENCES robot (user_id),
      token_encrypted ${t.text} NOT NULL,
      created_at ${t.int} NOT NULL,
      expires_at ${t.int}
    )${t.strict}`,
    'CREATE INDEX robot_token_robot ON robot_token (robot_id)',
  ],
};
