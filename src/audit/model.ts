/** What happened, by Quay's names where Quay has one. */
export type AuditKind =
  | 'account_convert'
  | 'change_repo_permission'
  | 'change_repo_visibility'
  | 'change_robot_expiry'
  | 'create_app_specific_token'
  | 'create_application'
  | 'create_oauth_api_token'
  | 'create_prototype_permission'
  | 'create_repo'
  | 'create_robot'
  | 'create_robot_federation'
  | 'create_robot_token'
  | 'create_tag'
  | 'delete_application'
  | 'delete_prototype_permission'
  | 'delete_repo'
  | 'delete_repo_permission'
  | 'delete_robot'
  | 'delete_robot_federation'
  | 'delete_tag'
  | 'federated_robot_token_exchange'
  | 'login_failure'
  | 'login_success'
  | 'logout_success'
  | 'modify_prototype_permission'
  | 'move_tag'
  | 'oauth_token_assigned'
  | 'oauth_token_revoked'
  | 'org_add_team_member'
  | 'org_change_email'
  | 'org_change_invoicing'
  | 'org_change_name'
  | 'org_change_tag_expiration'
  | 'org_create'
  | 'org_create_team'
  | 'org_delete'
  | 'org_delete_team'
  | 'org_delete_team_member_invite'
  | 'org_invite_team_member'
  | 'org_remove_team_member'
  | 'org_set_team_description'
  | 'org_set_team_role'
  | 'org_team_member_invite_accepted'
  | 'org_team_member_invite_declined'
  | 'pull_repo'
  | 'push_repo'
  | 'regenerate_robot_token'
  | 'reset_application_client_secret'
  | 'revoke_app_specific_token'
  | 'revoke_oauth_api_token'
  | 'revoke_robot_token'
  | 'service_key_approve'
  | 'service_key_create'
  | 'service_key_delete'
  | 'service_key_extend'
  | 'service_key_modify'
  | 'service_key_rotate'
  | 'set_repo_description'
  | 'take_ownership'
  | 'update_application'
  | 'user_change_email'
  | 'user_change_invoicing'
  | 'user_change_metadata'
  | 'user_change_name'
  | 'user_change_password'
  | 'user_change_tag_expiration'
  | 'user_create'
  | 'user_delete'
  | 'user_disable'
  | 'user_enable'
  | 'user_generate_client_key'
  | 'user_grant_superuser'
  | 'user_revoke_superuser';

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
