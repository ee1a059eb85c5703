export { type AuthenticateAccessToken, createAccessToken, type NewAccessToken } from './access-token.ts';
export { auditActor } from './audit-actor.ts';
export type { ChangedBy } from './audit-actor.ts';
export type { AuthenticateBasic } from './authenticate-basic.ts';
export type { AuthenticatePassword, CheckPassword } from './authenticate-password.ts';
export { type BasicCredentials, parseBasicCredentials } from './basic-credentials.ts';
export type { IdentitySettings } from './config.ts';
export { createUser, passwordFault } from './create-user.ts';
export type { CsrfTokens } from './csrf-tokens.ts';
export type { CreatedUser, NewUser } from './create-user.ts';
export { CredentialsRefused } from './credentials-refused.ts';
export { createIdentity } from './identity.ts';
export type { Identity, IdentityPorts } from './identity.ts';
export type { EncryptedPasswords } from './encrypted-password.ts';
export type { FirstUser, FirstUserRequest, FirstUserSetup } from './initialize-first-user.ts';
export { findLiveUser } from './load-actor.ts';
export type { LiveUser, LoadActor } from './load-actor.ts';
export { identityAccounts } from './migrations/0004-identity-accounts.ts';
export { identityOrganizations } from './migrations/0010-identity-organizations.ts';
export { identitySessions } from './migrations/0008-identity-sessions.ts';
export * from './oauth/index.ts';
export { identityRobots } from './migrations/0009-identity-robots.ts';
export { identitySuperusers } from './migrations/0013-identity-superusers.ts';
export { identityDeletedNamespaces } from './migrations/0015-identity-deleted-namespaces.ts';
export { identityServiceKeys } from './migrations/0014-identity-service-keys.ts';
export { identityRobotTokens } from './migrations/0016-identity-robot-tokens.ts';
export { ANONYMOUS, OAUTH_SCOPES } from './model.ts';
export type { AccountActor, Actor, OAuthScope, RobotActor, UserActor } from './model.ts';
export { shareNamespace } from './namespace-store.ts';
export type { RefreshTokens } from './refresh-token.ts';
export type { IssuedToken, RegistryGrant, RegistryTokens, TokenAccess } from './registry-token.ts';
export type { BootstrapTokens } from './bootstrap-tokens/index.ts';
export type {
  KeyAdministration,
  KeyAdministrator,
  KeyRing,
  KeyServer,
  KeyState,
  ServiceKey,
} from './service-keys/index.ts';
export type { Session, Sessions } from './sessions.ts';
export { retireNamespace } from './retire-namespace.ts';
export { resolveOrganizationAccess } from './organization-access.ts';
export type { OrganizationAccess, TeamRole } from './organization-access.ts';
export { findAccount, listMemberIds, listTeamsOf } from './organization-store.ts';
export * from './default-permissions/index.ts';
export * from './entities/index.ts';
export * from './organizations/index.ts';
export * from './teams/index.ts';
export * from './robots/index.ts';
export * from './users/index.ts';
export type { SetupOrigin } from './setup-gate.ts';
export { countNamespaces } from './store.ts';
export { mayActAsSuperuser, NO_STANDING, reachOf, standingOf } from './standing.ts';
export type { Reach, Standing, StandingRules } from './standing.ts';
export { standingRules } from './standing-config.ts';
export * from './superusers/index.ts';
export type { IdentityTables, OAuthTables } from './tables.ts';
export { identityConfig, identityRules } from './config.ts';
