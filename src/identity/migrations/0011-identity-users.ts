import type { Migration } from '../../platform/db/index.ts';

export const identityUsers: Migration = {
  name: '0011_identity_users',
  statements: (t) => [
    // A former name of a user or organization is a row of its own, so that no two can have one name, whichever way. It is disabled,
    // and nobody's account: only what looks for an alias finds more than that the name is taken.
    `ALTER TABLE namespace ADD COLUMN alias_of ${t.int} REFERENCES namespace (id)`,
    `ALTER TABLE namespace ADD COLUMN alias_until ${t.int}`,
    'CREATE INDEX namespace_alias ON namespace (alias_of) WHERE alias_of IS NOT NULL',
    `CREATE TABLE user_profile (
      user_id ${t.int} NOT NULL PRIMARY KEY REFERENCES user_account (namespace_id) ON DELETE CASCADE,
      given_name ${t.text},
      family_name ${t.text},
      company ${t.text},
      location ${t.text},
      last_used_at ${t.int}
    )${t.strict}`,
    `CREATE TABLE user_prompt (
      user_id ${t.int} NOT NULL REFERENCES user_account (namespace_id) ON DELETE CASCADE,
      kind ${t.text} NOT NULL CHECK (kind IN ('confirm_username', 'enter_name', 'enter_company')),
      PRIMARY KEY (user_id, kind)
    )${t.strict}`,
    `CREATE TABLE mail_confirmation (
      code_hash ${t.text} NOT NULL PRIMARY KEY,
      user_id ${t.int} NOT NULL REFERENCES user_account (namespace_id) ON DELETE CASCADE,
      purpose ${t.text} NOT NULL CHECK (purpose IN ('confirm', 'recover')),
      email ${t.text} NOT NULL,
      created_at ${t.int} NOT NULL,
      expires_at ${t.int} NOT NULL
    )${t.strict}`,
    'CREATE INDEX mail_confirmation_user ON mail_confirmation (user_id)',
    'CREATE INDEX mail_confirmation_email ON mail_confirmation (email, created_at)',
    'CREATE INDEX mail_confirmation_expiry ON mail_confirmation (expires_at)',
  ],
};
