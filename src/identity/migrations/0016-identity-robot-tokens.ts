import type { Migration } from '../../platform/db/index.ts';

export const identityRobotTokens: Migration = {
  name: '0016_identity_robot_tokens',
  statements: (t) => [
    `ALTER TABLE robot ADD COLUMN expires_at ${t.int}`,
    'CREATE INDEX robot_expiry ON robot (expires_at) WHERE expires_at IS NOT NULL',
    `ALTER TABLE robot_token ADD COLUMN name ${t.text} NOT NULL DEFAULT 'default'`,
    `ALTER TABLE robot_token ADD COLUMN last_used_at ${t.int}`,
    'CREATE INDEX robot_token_expiry ON robot_token (expires_at) WHERE expires_at IS NOT NULL',
    // Whose tokens of other issuers a robot may be had for; audiences and claims are JSON.
    `CREATE TABLE robot_federation (
      id ${t.id},
      robot_id ${t.int} NOT NULL REFERENCES robot (user_id),
      issuer ${t.text} NOT NULL,
      subject ${t.text},
      audiences ${t.text},
      claims ${t.text},
      created_at ${t.int} NOT NULL,
      last_used_at ${t.int}
    )${t.strict}`,
    'CREATE INDEX robot_federation_robot ON robot_federation (robot_id)',
  ],
};
