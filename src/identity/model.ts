/** The scopes of an OAuth access token (Quay's names). A token's scopes are only an upper bound of what its user may do. */
export const OAUTH_SCOPES = [
  'repo:read',
  'repo:write',
  'repo:admin',
  'repo:create',
  'user:read',
  'user:admin',
  'org:admin',
  'super:user',
] as const;
export type OAuthScope = (typeof OAUTH_SCOPES)[number];

export function isOAuthScope(text: string): text is OAuthScope {
  return OAUTH_SCOPES.some((scope) => scope === text);
}

/** What a user came with in place of his password, where that can be withdrawn by itself. */
export interface Credential {
  readonly kind: 'access-token' | 'app-token';
  readonly uuid: string;
}

export interface UserActor {
  readonly kind: 'user';
  /** `user_account.namespace_id`. */
  readonly userId: number;
  readonly name: string;
  /** Raised with every password change; what was issued under an older one is void. */
  readonly passwordVersion: number;
  /** undefined: the user himself (password, session); else limited by an access token's scopes. */
  readonly scopes: readonly OAuthScope[] | undefined;
  /** undefined: the user himself. What is issued to the actor must end with it. */
  readonly credential?: Credential | undefined;
}

/** An account for programs, of a user or an organization. It has no rights but those granted to it, and only in the registry. */
export interface RobotActor {
  readonly kind: 'robot';
  /** `user_account.namespace_id`. */
  readonly userId: number;
  /** `owner+short`. */
  readonly name: string;
  /** Raised when its tokens are withdrawn. */
  readonly passwordVersion: number;
  /** A robot's rights are limited by its grants alone. */
  readonly scopes: undefined;
  /**
   * What it signed in with: the id of a token, or the negative id of a federated identity. What is issued to it ends when that
   * is gone.
   */
  readonly credential?: number;
  /** What is issued to it ends by then; ms of the database's clock. undefined: when it would anyway. */
  readonly notAfter?: number;
}

export type AccountActor = UserActor | RobotActor;

/** Who acts. A required argument of everything that decides; "nobody given" never means "allowed". */
export type Actor = { readonly kind: 'anonymous' } | AccountActor;

export const ANONYMOUS: Actor = { kind: 'anonymous' };

/** Names no user or organization may take: they are, or may become, first path segments of the server. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set([
  'api',
  'v1',
  'v2',
  'oauth',
  'oauth1',
  'oauth2',
  'keys',
  'health',
  'status',
  'static',
  'assets',
  'config',
  'metrics',
  'realtime',
  'webhooks',
  'secscan',
  'repository',
  'organization',
  'user',
  'users',
  'signin',
  'signout',
  'login',
  'confirm',
  'recovery',
  'superuser',
  'search',
  'about',
  'contact',
  'tour',
  'security',
  'plans',
  'admin',
  'anonymous',
  'new',
  'create',
  'indexer',
  'matcher',
  'notifier',
  'robots.txt',
  'favicon.ico',
  'exportedlogs',
  'logarchive',
  'buildlogs',
  'userfiles',
  'angular',
  'react',
  'csrf_token',
  'authrepoemail',
  'confirminvite',
  '500',
  '404',
]);
