import type { Migration } from '../../platform/db/index.ts';

export const identitySuperusers: Migration = {
  name: '0013_identity_superusers',
  statements: () => [
    // The lists of all users and of all organizations go by these, however many robots there are.
    'CREATE INDEX user_account_person ON user_account (namespace_id) WHERE owner_id IS NULL',
    "CREATE INDEX namespace_organization ON namespace (id) WHERE kind = 'organization'",
    'CREATE INDEX user_account_superuser ON user_account (namespace_id) WHERE superuser = 1',
  ],
};
