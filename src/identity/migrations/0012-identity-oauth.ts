import type { Migration } from '../../platform/db/index.ts';

export const identityOAuth: Migration = {
  name: '0012_identity_oauth',
  statements: (t) => [
    `CREATE TABLE oauth_application (
      id ${t.id},
      organization_id ${t.int} NOT NULL REFERENCES namespace (id) ON DELETE CASCADE,
      client_id ${t.text} NOT NULL UNIQUE,
      client_secret_encrypted ${t.text} NOT NULL,
      public_client ${t.flag} NOT NULL DEFAULT 0,
      name ${t.text} NOT NULL,
      description ${t.text} NOT NULL,
      redirect_uri ${t.text} NOT NULL,
      application_uri ${t.text} NOT NULL,
      avatar_email ${t.text},
      created_at ${t.int} NOT NULL
    )${t.strict}`,
    'CREATE INDEX oauth_application_organization ON oauth_application (organization_id, id)',
    // A token without an application is a personal one.
    `ALTER TABLE access_token ADD COLUMN application_id ${t.int} REFERENCES oauth_application (id) ON DELETE CASCADE`,
    `ALTER TABLE access_token ADD COLUMN display_name ${t.text}`,
    `ALTER TABLE access_token ADD COLUMN last_used_at ${t.int}`,
    'CREATE INDEX access_token_application ON access_token (application_id, id)',
    `CREATE TABLE oauth_code (
      code_hash ${t.text} NOT NULL PRIMARY KEY,
      application_id ${t.int} NOT NULL REFERENCES oauth_application (id) ON DELETE CASCADE,
      user_id ${t.int} NOT NULL REFERENCES user_account (namespace_id) ON DELETE CASCADE,
      password_version ${t.int} NOT NULL,
      redirect_uri ${t.text} NOT NULL,
      scopes ${t.text} NOT NULL,
      code_challenge ${t.text},
      expires_at ${t.int} NOT NULL,
      used_at ${t.int},
      token_id ${t.int} REFERENCES access_token (id) ON DELETE SET NULL
    )${t.strict}`,
    'CREATE INDEX oauth_code_application ON oauth_code (application_id)',
    'CREATE INDEX oauth_code_user ON oauth_code (user_id)',
    'CREATE INDEX oauth_code_token ON oauth_code (token_id)',
    'CREATE INDEX oauth_code_expiry ON oauth_code (expires_at)',
    `CREATE TABLE oauth_assignment (
      id ${t.id},
      uuid ${t.text} NOT NULL UNIQUE,
      application_id ${t.int} NOT NULL REFERENCES oauth_application (id) ON DELETE CASCADE,
      user_id ${t.int} NOT NULL REFERENCES user_account (namespace_id) ON DELETE CASCADE,
      redirect_uri ${t.text} NOT NULL,
      scopes ${t.text} NOT NULL,
      response_type ${t.text} NOT NULL,
      created_at ${t.int} NOT NULL
    )${t.strict}`,
    'CREATE INDEX oauth_assignment_user ON oauth_assignment (user_id, id)',
    'CREATE INDEX oauth_assignment_application ON oauth_assignment (application_id)',
    `CREATE TABLE app_token (
      id ${t.id},
      uuid ${t.text} NOT NULL UNIQUE,
      user_id ${t.int} NOT NULL REFERENCES user_account (namespace_id) ON DELETE CASCADE,
      title ${t.text} NOT NULL,
      lookup ${t.text} NOT NULL UNIQUE,
      secret_encrypted ${t.text} NOT NULL,
      created_at ${t.int} NOT NULL,
      expires_at ${t.int},
      last_used_at ${t.int}
    )${t.strict}`,
    'CREATE INDEX app_token_user ON app_token (user_id, id)',
    'CREATE INDEX app_token_expiry ON app_token (expires_at)',
  ],
};
