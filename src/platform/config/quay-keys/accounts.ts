import type { KeyTopic } from './key-topic.ts';
import { BOOLEAN, INTEGER, TEXT, TEXTS } from './key-type.ts';

export const accountKeys: KeyTopic = {
  title: 'Users, organizations and access',
  owner: 'identity',
  keys: {
    SUPER_USERS: { type: TEXTS, quay: [], meaning: 'Users who administer the registry' },
    GLOBAL_READONLY_SUPER_USERS: {
      type: TEXTS,
      quay: [],
      meaning: 'Users who may see everything and change nothing',
    },
    FEATURE_SUPER_USERS: { type: BOOLEAN, quay: true, meaning: 'There are superusers' },
    FEATURE_SUPERUSERS_FULL_ACCESS: {
      type: BOOLEAN,
      quay: false,
      meaning: 'Superusers may do everything in every namespace',
    },
    FEATURE_SUPERUSERS_ORG_CREATION_ONLY: {
      type: BOOLEAN,
      quay: false,
      meaning: 'Superusers alone may make organizations',
    },
    FEATURE_RESTRICTED_USERS: {
      type: BOOLEAN,
      quay: false,
      meaning: 'Users may not make anything in their own namespace, but for RESTRICTED_USERS_WHITELIST',
    },
    RESTRICTED_USERS_WHITELIST: { type: TEXTS, meaning: 'Users whom FEATURE_RESTRICTED_USERS leaves alone' },
    RESTRICTED_USER_INCLUDE_ROBOTS: { type: BOOLEAN, obsolete: true, meaning: 'Not obeyed by Quay' },
    FEATURE_ANONYMOUS_ACCESS: {
      type: BOOLEAN,
      quay: true,
      owner: 'catalog',
      meaning: 'Public repositories can be read without signing in',
    },
    FEATURE_USER_CREATION: { type: BOOLEAN, quay: true, meaning: 'People may make accounts for themselves' },
    FEATURE_INVITE_ONLY_USER_CREATION: {
      type: BOOLEAN,
      quay: false,
      meaning: 'People need an invitation to make an account',
    },
    FEATURE_USER_RENAME: { type: BOOLEAN, quay: false, meaning: 'Users may change their name' },
    FEATURE_USERNAME_CONFIRMATION: {
      type: BOOLEAN,
      quay: true,
      meaning: 'Who comes from another service confirms the name made up for them',
    },
    FEATURE_USER_METADATA: { type: BOOLEAN, quay: false, meaning: 'Users are asked for their name and company' },
    FEATURE_USER_LAST_ACCESSED: { type: BOOLEAN, quay: true, meaning: 'The time of last use is kept for each user' },
    LAST_ACCESSED_UPDATE_THRESHOLD_S: {
      type: INTEGER,
      unit: 'seconds',
      quay: 60,
      meaning: 'The last use of an account is written at most this often',
    },
    FEATURE_USER_LOG_ACCESS: {
      type: BOOLEAN,
      quay: false,
      owner: 'audit',
      meaning: 'Users see what was done in their own namespace',
    },
    FEATURE_PARTIAL_USER_AUTOCOMPLETE: {
      type: BOOLEAN,
      quay: true,
      meaning: 'Names are completed from their beginning',
    },
    FEATURE_REQUIRE_TEAM_INVITE: { type: BOOLEAN, quay: true, meaning: 'Nobody joins a team without agreeing' },
    FEATURE_BLACKLISTED_EMAILS: {
      type: BOOLEAN,
      quay: false,
      meaning: 'Addresses of BLACKLISTED_EMAIL_DOMAINS cannot be used for accounts',
    },
    BLACKLISTED_EMAIL_DOMAINS: {
      type: TEXTS,
      quay: [],
      meaning: 'Mail domains, with those below them, that accounts may not use',
    },
    FEATURE_ORG_SHARED_EMAIL: { type: BOOLEAN, quay: false, meaning: 'Organizations may have the same mail address' },
    FEATURE_USER_INITIALIZE: { type: BOOLEAN, quay: false, meaning: 'Anyone may make the first user by the API' },
    FEATURE_ASSIGN_OAUTH_TOKEN: { type: BOOLEAN, quay: true, meaning: 'Administrators may make tokens for others' },
    OAUTH_APPLICATION_MAXIMUM_TOKEN_COUNT: { type: INTEGER, meaning: 'Most valid tokens of one application' },
    OAUTH_TOKEN_LAST_ACCESSED_UPDATE_THRESHOLD_S: {
      type: INTEGER,
      unit: 'seconds',
      quay: 60,
      meaning: 'The last use of a token is written at most this often',
    },
    DIRECT_OAUTH_CLIENTID_WHITELIST: {
      type: TEXTS,
      quay: [],
      meaning: 'Applications that get tokens without the user agreeing each time',
    },
    LOCAL_OAUTH_HANDLER: { type: TEXT, quay: '/oauth/localapp', meaning: 'Page that shows a token just made' },
    ROBOTS_DISALLOW: { type: BOOLEAN, quay: false, meaning: 'Robot accounts do not work' },
    ROBOTS_WHITELIST: { type: TEXTS, quay: [], meaning: 'Robot accounts that work in spite of ROBOTS_DISALLOW' },
    FEATURE_PROGRAMMATIC_BOOTSTRAP: {
      type: BOOLEAN,
      quay: false,
      meaning: 'A first token for the API is made at the start',
    },
    BOOTSTRAP_TOKEN_OWNER: { type: TEXT, meaning: 'Superuser to whom the first token belongs' },
    BOOTSTRAP_TOKEN_PATH: {
      type: TEXT,
      quay: '/var/lib/quay/quay-machine-token.json',
      meaning: 'File that the first token is written to',
    },
    BOOTSTRAP_TOKEN_EXPIRATION: {
      type: INTEGER,
      unit: 'seconds',
      quay: 3600,
      meaning: 'How long the first token is valid',
    },
    BOOTSTRAP_TOKEN_SCOPE: { type: TEXT, quay: '(built in)', meaning: 'What the first token allows' },
    PROGRAMMATIC_TOKEN_PATH: { type: TEXT, meaning: 'Where an operator of Kubernetes mounts the first token' },
    PROGRAMMATIC_TOKEN_K8S_SECRET: { type: TEXT, meaning: 'Kubernetes secret that the first token is kept in' },
    PROGRAMMATIC_TOKEN_K8S_KEY: {
      type: TEXT,
      quay: 'token.json',
      meaning: 'Entry of the Kubernetes secret with the first token',
    },
    PROGRAMMATIC_TOKEN_K8S_NAMESPACE: {
      type: TEXT,
      meaning: 'Namespace of the Kubernetes secret with the first token',
    },
  },
};
