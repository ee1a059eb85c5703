import type { Migration } from '../../platform/db/index.ts';

export const identityOrganizations: Migration = {
  name: '0010_identity_organizations',
  statements: (t) => [
    // Of users and organizations alike. null: DEFAULT_TAG_EXPIRATION.
    `ALTER TABLE namespace ADD COLUMN tag_expiration_s ${t.int}`,
    `ALTER TABLE namespace ADD COLUMN invoice_email ${t.flag} NOT NULL DEFAULT 0`,
    `ALTER TABLE namespace ADD COLUMN invoice_email_address ${t.text}`,
    // Of organizations. Nobody signs in with it, so several may have the same.
    `ALTER TABLE namespace ADD COLUMN contact_email ${t.text}`,
    // People, who are looked for by the beginning of their name; the names of robots have a "+".
    "CREATE INDEX namespace_person ON namespace (name) WHERE kind = 'user' AND name NOT LIKE '%+%'",
    `ALTER TABLE team ADD COLUMN description ${t.text} NOT NULL DEFAULT ''`,
    'CREATE INDEX team_organization ON team (organization_id, id)',
    `CREATE TABLE team_invite (
      id ${t.id},
      team_id ${t.int} NOT NULL REFERENCES team (id),
      user_id ${t.int} REFERENCES user_account (namespace_id),
      email ${t.text},
      inviter_name ${t.text} NOT NULL,
      code_hash ${t.text} NOT NULL UNIQUE,
      created_at ${t.int} NOT NULL,
      expires_at ${t.int} NOT NULL,
      CHECK ((user_id IS NULL) <> (email IS NULL)),
      UNIQUE (team_id, user_id),
      UNIQUE (team_id, email)
    )${t.strict}`,
    'CREATE INDEX team_invite_user ON team_invite (user_id)',
    `CREATE TABLE default_permission (
      id ${t.id},
      uuid ${t.text} NOT NULL UNIQUE,
      organization_id ${t.int} NOT NULL REFERENCES namespace (id),
      activating_user_id ${t.int} REFERENCES user_account (namespace_id),
      delegate_user_id ${t.int} REFERENCES user_account (namespace_id),
      delegate_team_id ${t.int} REFERENCES team (id),
      role ${t.text} NOT NULL CHECK (role IN ('read', 'write', 'admin')),
      CHECK ((delegate_user_id IS NULL) <> (delegate_team_id IS NULL))
    )${t.strict}`,
    'CREATE INDEX default_permission_organization ON default_permission (organization_id, id)',
    'CREATE INDEX default_permission_activating ON default_permission (activating_user_id)',
    'CREATE INDEX default_permission_user ON default_permission (delegate_user_id)',
    'CREATE INDEX default_permission_team ON default_permission (delegate_team_id)',
  ],
};
