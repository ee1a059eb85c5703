import type { Generated } from 'kysely';

export interface IdentityTables {
  namespace: {
    id: Generated<number>;
    name: string;
    kind: 'user' | 'organization';
    enabled: Generated<number>;
    created_at: number;
    /** How long deleted tags can be brought back; null: DEFAULT_TAG_EXPIRATION. */
    tag_expiration_s: Generated<number | null>;
    invoice_email: Generated<number>;
    invoice_email_address: Generated<string | null>;
    /** Of an organization. */
    contact_email: Generated<string | null>;
    /** Whose former name it is; such a row is disabled, and no account. */
    alias_of: Generated<number | null>;
    /** How long it leads there, and is nobody else's. */
    alias_until: Generated<number | null>;
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
  robot: {
    user_id: number;
    description: string;
    metadata: string | null;
    last_used_at: Generated<number | null>;
    expires_at: number | null;
  };
  robot_token: {
    id: Generated<number>;
    uuid: string;
    robot_id: number;
    name: string;
    token_encrypted: string;
    created_at: number;
    expires_at: number | null;
    last_used_at: Generated<number | null>;
  };
  /** Whose tokens of other issuers a robot may be had for. */
  robot_federation: {
    id: Generated<number>;
    robot_id: number;
    issuer: string;
    subject: string | null;
    /** JSON: texts. */
    audiences: string | null;
    /** JSON: texts by name. */
    claims: string | null;
    created_at: number;
    last_used_at: Generated<number | null>;
  };
  team: {
    id: Generated<number>;
    organization_id: number;
    name: string;
    role: 'member' | 'creator' | 'admin';
    description: Generated<string>;
  };
  team_member: { team_id: number; user_id: number };
  /** Of a user or of whoever reads the mail of an address; `code_hash` is of the code that the mail carries. */
  team_invite: {
    id: Generated<number>;
    team_id: number;
    user_id: number | null;
    email: string | null;
    inviter_name: string;
    code_hash: string;
    created_at: number;
    expires_at: number;
  };
  /** What new repositories of an organization begin with; with an activating user only those that he creates. */
  default_permission: {
    id: Generated<number>;
    uuid: string;
    organization_id: number;
    activating_user_id: number | null;
    delegate_user_id: number | null;
    delegate_team_id: number | null;
    role: 'read' | 'write' | 'admin';
  };
  access_token: {
    id: Generated<number>;
    uuid: string;
    user_id: number;
    lookup: string;
    secret_hash: string;
    scopes: string;
    created_at: number;
    expires_at: number | null;
    /** null: a personal one. */
    application_id: Generated<number | null>;
    display_name: Generated<string | null>;
    last_used_at: Generated<number | null>;
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
  /** What a user says about himself, and when he was last here. */
  user_profile: {
    user_id: number;
    given_name: Generated<string | null>;
    family_name: Generated<string | null>;
    company: Generated<string | null>;
    location: Generated<string | null>;
    last_used_at: Generated<number | null>;
  };
  /** What pages ask a user for. */
  user_prompt: { user_id: number; kind: 'confirm_username' | 'enter_name' | 'enter_company' };
  /** Codes that were mailed; see `users/mail-confirmations.ts`. */
  mail_confirmation: {
    code_hash: string;
    user_id: number;
    purpose: 'confirm' | 'recover';
    email: string;
    created_at: number;
    expires_at: number;
  };
  /** Shared with the rest of the instance; only the row `first_user_setup` belongs here. */
  instance_setting: { key: string; value: string };
}

/** Applications of organizations, and what they and their users were given. */
export interface OAuthTables {
  oauth_application: {
    id: Generated<number>;
    organization_id: number;
    client_id: string;
    client_secret_encrypted: string;
    public_client: number;
    name: string;
    description: string;
    redirect_uri: string;
    application_uri: string;
    avatar_email: string | null;
    created_at: number;
  };
  oauth_code: {
    code_hash: string;
    application_id: number;
    user_id: number;
    password_version: number;
    redirect_uri: string;
    scopes: string;
    code_challenge: string | null;
    expires_at: number;
    used_at: Generated<number | null>;
    token_id: Generated<number | null>;
  };
  oauth_assignment: {
    id: Generated<number>;
    uuid: string;
    application_id: number;
    user_id: number;
    redirect_uri: string;
    scopes: string;
    response_type: string;
    created_at: number;
  };
  app_token: {
    id: Generated<number>;
    uuid: string;
    user_id: number;
    title: string;
    lookup: string;
    secret_encrypted: string;
    created_at: number;
    expires_at: number | null;
    last_used_at: Generated<number | null>;
  };
}
