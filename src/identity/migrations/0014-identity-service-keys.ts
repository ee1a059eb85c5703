import type { Migration } from '../../platform/db/index.ts';

export const identityServiceKeys: Migration = {
  name: '0014_identity_service_keys',
  statements: (t) => [
    // Not in `service_key`: whatever is there signs and verifies the registry's own tokens.
    `CREATE TABLE registered_key (
      kid ${t.text} NOT NULL PRIMARY KEY,
      service ${t.text} NOT NULL,
      name ${t.text} NOT NULL,
      jwk ${t.text} NOT NULL,
      metadata ${t.text} NOT NULL,
      created_at ${t.int} NOT NULL,
      expires_at ${t.int},
      rotation_seconds ${t.int},
      approval_type ${t.text},
      approved_by ${t.text},
      approved_at ${t.int},
      approval_notes ${t.text},
      registered_from ${t.text},
      successor_kid ${t.text}
    )${t.strict}`,
    'CREATE INDEX registered_key_service ON registered_key (service, created_at)',
    'CREATE INDEX registered_key_successor ON registered_key (successor_kid)',
    'CREATE INDEX registered_key_pending ON registered_key (registered_from) WHERE approved_at IS NULL',
    `CREATE TABLE spent_key_token (
      digest ${t.text} NOT NULL PRIMARY KEY,
      expires_at ${t.int} NOT NULL
    )${t.strict}`,
    'CREATE INDEX spent_key_token_expiry ON spent_key_token (expires_at)',
    // The access tokens that programs find in a file; see BOOTSTRAP_TOKEN_PATH.
    `CREATE TABLE bootstrap_token (
      access_token_id ${t.int} NOT NULL PRIMARY KEY REFERENCES access_token (id) ON DELETE CASCADE,
      renewing_until ${t.int} NOT NULL DEFAULT 0
    )${t.strict}`,
  ],
};
