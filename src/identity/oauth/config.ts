import { z } from 'zod';
import { type ConfigValues, defineConfig, durationMs } from '../../platform/config/index.ts';

/** The settings of applications and their tokens. */
export interface OAuthSettings {
  /** FEATURE_SUPER_USERS: whether there is a scope `super:user`. */
  readonly superuserScope: boolean;
  /** OAUTH_APPLICATION_MAXIMUM_TOKEN_COUNT; undefined: no limit. */
  readonly tokensPerApplication: number | undefined;
  /** OAUTH_TOKEN_LAST_ACCESSED_UPDATE_THRESHOLD_S, in milliseconds. */
  readonly noteUseEveryMs: number;
  /** DIRECT_OAUTH_CLIENTID_WHITELIST. */
  readonly directClients: readonly string[];
  /** LOCAL_OAUTH_HANDLER: path of the page that shows a token just made. */
  readonly localHandler: string;
  /** FEATURE_ASSIGN_OAUTH_TOKEN. */
  readonly assigning: boolean;
  /** FEATURE_APP_SPECIFIC_TOKENS. */
  readonly appTokens: boolean;
  /** APP_SPECIFIC_TOKEN_EXPIRATION, milliseconds; undefined: they do not expire. */
  readonly appTokenLifetimeMs: number | undefined;
  /** EXPIRED_APP_SPECIFIC_TOKEN_GC, milliseconds; undefined: expired ones are kept. */
  readonly expiredAppTokensKeptMs: number | undefined;
  /** FEATURE_REQUIRE_ENCRYPTED_BASIC_AUTH. */
  readonly encryptedPasswordsOnly: boolean;
}

const LOCAL_HANDLER = /^\/oauth\/[a-z0-9][a-z0-9_-]{0,63}$/;

export const oauthConfig = defineConfig({
  FEATURE_APP_SPECIFIC_TOKENS: {
    schema: z.boolean(),
    default: true,
    description: 'Users may make tokens for their clients, which sign in with the user name $app',
  },
  APP_SPECIFIC_TOKEN_EXPIRATION: {
    schema: durationMs().nullable(),
    description: 'How long tokens that users make for their clients are valid; without it they do not expire',
  },
  EXPIRED_APP_SPECIFIC_TOKEN_GC: {
    schema: durationMs().nullable(),
    default: '1d',
    description: 'How long expired tokens for clients are kept in the list; with null for ever',
  },
  FEATURE_ASSIGN_OAUTH_TOKEN: {
    schema: z.boolean(),
    default: true,
    description: 'Administrators of an organization may offer tokens of its applications to other users',
  },
  OAUTH_APPLICATION_MAXIMUM_TOKEN_COUNT: {
    schema: z.int().min(1).max(1_000_000).nullable(),
    description: 'Most valid tokens of one application; without it there is no limit',
  },
  OAUTH_TOKEN_LAST_ACCESSED_UPDATE_THRESHOLD_S: {
    schema: z.int().min(1).max(86_400),
    default: 60,
    unit: 'seconds',
    description: 'The last use of a token is written at most this often',
  },
  DIRECT_OAUTH_CLIENTID_WHITELIST: {
    schema: z.array(z.string().min(1).max(255)).max(1000),
    default: [],
    description: 'Client ids of applications that get a token by user name and password, without a page to agree on',
  },
  LOCAL_OAUTH_HANDLER: {
    schema: z.string().regex(LOCAL_HANDLER, 'write a path like "/oauth/localapp"'),
    default: '/oauth/localapp',
    description: 'Page that shows a token just made',
  },
  FEATURE_REQUIRE_ENCRYPTED_BASIC_AUTH: {
    schema: z.boolean(),
    default: false,
    description: 'Clients sign in with an encrypted password, a token or as a robot, never with the plain password',
  },
});

export function oauthSettings(
  config: ConfigValues<typeof oauthConfig> & { readonly FEATURE_SUPER_USERS: boolean },
): OAuthSettings {
  return {
    superuserScope: config.FEATURE_SUPER_USERS,
    tokensPerApplication: config.OAUTH_APPLICATION_MAXIMUM_TOKEN_COUNT ?? undefined,
    noteUseEveryMs: config.OAUTH_TOKEN_LAST_ACCESSED_UPDATE_THRESHOLD_S * 1000,
    directClients: config.DIRECT_OAUTH_CLIENTID_WHITELIST,
    localHandler: config.LOCAL_OAUTH_HANDLER,
    assigning: config.FEATURE_ASSIGN_OAUTH_TOKEN,
    appTokens: config.FEATURE_APP_SPECIFIC_TOKENS,
    appTokenLifetimeMs: config.APP_SPECIFIC_TOKEN_EXPIRATION ?? undefined,
    expiredAppTokensKeptMs: config.EXPIRED_APP_SPECIFIC_TOKEN_GC ?? undefined,
    encryptedPasswordsOnly: config.FEATURE_REQUIRE_ENCRYPTED_BASIC_AUTH,
  };
}
