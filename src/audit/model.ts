/** What happened, by Quay's names. */
export type AuditKind =
  | 'change_repo_permission'
  | 'change_repo_visibility'
  | 'create_oauth_api_token'
  | 'create_repo'
  | 'create_robot'
  | 'create_tag'
  | 'delete_repo'
  | 'delete_repo_permission'
  | 'delete_robot'
  | 'delete_tag'
  | 'login_failure'
  | 'login_success'
  | 'logout_success'
  | 'move_tag'
  | 'org_create'
  | 'pull_repo'
  | 'push_repo'
  | 'regenerate_robot_token'
  | 'service_key_create'
  | 'set_repo_description'
  | 'user_change_password'
  | 'user_create';

/** Who did it, as text that stays true when the account is renamed or deleted later. */
export interface AuditActor {
  /** `system`: the registry itself (jobs, commands on its host). */
  readonly kind: 'anonymous' | 'user' | 'robot' | 'oauthtoken' | 'system';
  readonly name: string | undefined;
}

export interface AuditEntry {
  readonly kind: AuditKind;
  readonly actor: AuditActor;
  /** The user or organization whose log this belongs to. */
  readonly namespaceId?: number | undefined;
  readonly repositoryId?: number | undefined;
  readonly clientAddress?: string | undefined;
  /** Facts for the reader of the log (`tag`, `manifest_digest`, `repo`, …). Never secrets. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}
