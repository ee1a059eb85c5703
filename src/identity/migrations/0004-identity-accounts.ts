import type { Migration } from '../../platform/db/index.ts';

export const identityAccounts: Migration = {
  name: '0004_identity_accounts',
  statements: (t) => [
    `CREATE TABLE namespace (
      id ${t.id},
      name ${t.text} NOT NULL UNIQUE,
      kind ${t.text} NOT NULL CHECK (kind IN ('user', 'organization')),
      enabled ${t.flag} NOT NULL DEFAULT 1,
      created_at ${t.int} NOT NULL
    )${t.strict}`,
    `CREATE TABLE user_account (
      namespace_id ${t.int} NOT NULL PRIMARY KEY REFERENCES namespace (id),
      uuid ${t.text} NOT NULL UNIQUE,
      email ${t.text} UNIQUE,
      password_hash ${t.text},
      password_version ${t.int} NOT NULL DEFAULT 1,
      superuser ${t.flag} NOT NULL DEFAULT 0,
      verified ${t.flag} NOT NULL DEFAULT 1
    )${t.strict}`,
    `CREATE TABLE team (
      id ${t.id},
      organization_id ${t.int} NOT NULL REFERENCES namespace (id),
      name ${t.text} NOT NULL,
      role ${t.text} NOT NULL CHECK (role IN ('member', 'creator', 'admin')),
      UNIQUE (organization_id, name)
    )${t.strict}`,
    `CREATE TABLE team_member (
      team_id ${t.int} NOT NULL REFERENCES team (id),
      user_id ${t.int} NOT NULL REFERENCES user_account (namespace_id),
      PRIMARY KEY (team_id, user_id)
    )${t.strict}`,
    'CREATE INDEX team_member_user ON team_member (user_id)',
    `CREATE TABLE access_token (
      id ${t.id},
      uuid ${t.text} NOT NULL UNIQUE,
      user_id ${t.int} NOT NULL REFERENCES user_account (namespace_id),
      lookup ${t.text} NOT NULL UNIQUE,
      secret_hash ${t.text} NOT NULL,
      scopes ${t.text} NOT NULL,
      created_at ${t.int} NOT NULL,
      expires_at ${t.int}
    )${t.strict}`,
    'CREATE INDEX access_token_user ON access_token (user_id)',
    `CREATE TABLE service_key (
      kid ${t.text} NOT NULL PRIMARY KEY,
      service ${t.text} NOT NULL,
      public_key ${t.text} NOT NULL,
      private_key_encrypted ${t.text} NOT NULL,
      created_at ${t.int} NOT NULL,
      signs_until ${t.int} NOT NULL,
      verifies_until ${t.int} NOT NULL
    )${t.strict}`,
  ],
};
