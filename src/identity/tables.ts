import type { Generated } from 'kysely';

export interface IdentityTables {
  namespace: {
    id: Generated<number>;
    name: string;
    kind: 'user' | 'organization';
    enabled: Generated<number>;
    created_at: number;
  };
  user_account: {
    namespace_id: number;
    uuid: string;
    email: string | null;
    password_hash: string | null;
    password_version: Generated<number>;
    superuser: Generated<number>;
    verified: Generated<number>;
    /** The user or organization whose robot it is; null: a user. */
    owner_id: Generated<number | null>;
  };
  /** Deleted users and organizations, and the robots that went with them: what they were called, for whoever restores them. */
  deleted_namespace: { namespace_id: number; name: string; email: string | null; deleted_at: number };
  robot: { user_id: number; description: string; metadata: string | null; last_used_at: Generated<number | null> };
  robot_token: {
    id: Generated<number>;
    uuid: string;
    robot_id: number;
    token_encrypted: string;
    created_at: number;
    expires_at: number | null;
  };
  team: { id: Generated<number>; organization_id: number; name: string; role: 'member' | 'creator' | 'admin' };
  team_member: { team_id: number; user_id: number };
  access_token: {
    id: Generated<number>;
    uuid: string;
    user_id: number;
    lookup: string;
    secret_hash: string;
    scopes: string;
    created_at: number;
    expires_at: number | null;
  };
  service_key: {
    kid: string;
    service: string;
    public_key: string;
    private_key_encrypted: string;
    created_at: number;
    signs_until: number;
    verifies_until: number;
  };
  /** Browsers that have signed in; `id` is the hash of the cookie. Times in ms of the database's clock. */
  session: {
    id: string;
    user_id: number;
    password_version: number;
    created_at: number;
    /** When the password was last given in it. */
    verified_at: number;
    /** Last use, to the minute. */
    seen_at: number;
    expires_at: number;
  };
  /** Shared with the rest of the instance; only the row `first_user_setup` belongs here. */
  instance_setting: { key: string; value: string };
}
