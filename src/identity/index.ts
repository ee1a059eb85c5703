export { identityAccounts } from './migrations/0004-identity-accounts.ts';
export { ANONYMOUS, OAUTH_SCOPES, RESERVED_NAMES } from './model.ts';
export type { Actor, OAuthScope } from './model.ts';
export type { IdentityTables } from './tables.ts';
