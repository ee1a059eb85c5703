import type { KeyTopic } from './key-topic.ts';
import { BOOLEAN, either, INTEGER, NUMBER, SECRET, TEXT, TEXT_OR_TEXTS, TEXTS } from './key-type.ts';

/** They select nothing by themselves: AUTHENTICATION_TYPE does. */
export const directoryKeys: KeyTopic = {
  title: 'LDAP, JWT and Keystone',
  owner: 'identity',
  keys: {
    LDAP_URI: { type: TEXT, meaning: 'Address of the LDAP directory: ldap:// or ldaps://' },
    LDAP_ADMIN_DN: { type: TEXT, meaning: 'Entry of the LDAP directory that searches it' },
    LDAP_ADMIN_PASSWD: { type: SECRET, meaning: 'Password of LDAP_ADMIN_DN' },
    LDAP_BASE_DN: { type: TEXT_OR_TEXTS, meaning: 'Where in the LDAP directory everything is' },
    LDAP_USER_RDN: { type: TEXT_OR_TEXTS, meaning: 'Where users are, below LDAP_BASE_DN' },
    LDAP_SECONDARY_USER_RDNS: { type: TEXTS, meaning: 'Where else users are, below LDAP_BASE_DN' },
    LDAP_UID_ATTR: { type: TEXT, meaning: 'LDAP attribute with the name of a user' },
    LDAP_EMAIL_ATTR: { type: TEXT, meaning: 'LDAP attribute with the mail address of a user' },
    LDAP_MEMBEROF_ATTR: { type: TEXT, meaning: 'LDAP attribute with the groups of a user' },
    LDAP_USER_FILTER: { type: TEXT, meaning: 'LDAP filter that every user must pass' },
    LDAP_SUPERUSER_FILTER: { type: TEXT, meaning: 'LDAP filter that makes a user superuser' },
    LDAP_GLOBAL_READONLY_SUPERUSER_FILTER: { type: TEXT, meaning: 'LDAP filter that lets a user see everything' },
    LDAP_RESTRICTED_USER_FILTER: { type: TEXT, meaning: 'LDAP filter that makes a restricted user' },
    LDAP_ALLOW_INSECURE_FALLBACK: { type: BOOLEAN, quay: false, meaning: 'LDAP goes on without TLS when TLS fails' },
    LDAP_FOLLOW_REFERRALS: { type: either(BOOLEAN, INTEGER), meaning: 'LDAP goes to other directories that are named' },
    LDAP_TIMEOUT: { type: INTEGER, unit: 'seconds', meaning: 'How long a search of the LDAP directory may take' },
    LDAP_NETWORK_TIMEOUT: {
      type: INTEGER,
      unit: 'seconds',
      meaning: 'How long connecting to the LDAP directory may take',
    },
    FEATURE_LDAP_CACHING: { type: BOOLEAN, quay: false, meaning: 'What LDAP said is kept in memory' },
    LDAP_CACHE_TTL: { type: INTEGER, unit: 'seconds', quay: 5, meaning: 'How long what LDAP said is kept' },
    LDAP_CONNECTION_POOLING: { type: BOOLEAN, quay: true, meaning: 'Connections to the LDAP directory are kept open' },
    LDAP_POOL_SIZE: { type: INTEGER, quay: 10, meaning: 'How many connections to the LDAP directory are kept open' },
    LDAP_POOL_MAX_WAIT: {
      type: NUMBER,
      unit: 'seconds',
      quay: 5,
      meaning: 'How long a free connection to the LDAP directory is waited for',
    },
    LDAP_POOL_CONNECTION_LIFETIME: {
      type: INTEGER,
      unit: 'seconds',
      quay: 300,
      meaning: 'How long one connection to the LDAP directory is used',
    },
    JWT_VERIFY_ENDPOINT: {
      type: TEXT,
      meaning: 'Service that checks name and password and answers with a signed token',
    },
    JWT_QUERY_ENDPOINT: { type: TEXT, meaning: 'Service that finds users where JWT_VERIFY_ENDPOINT checks passwords' },
    JWT_GETUSER_ENDPOINT: {
      type: TEXT,
      meaning: 'Service that tells about one user where JWT_VERIFY_ENDPOINT checks passwords',
    },
    JWT_AUTH_ISSUER: { type: TEXT, meaning: 'Issuer that answers of JWT_VERIFY_ENDPOINT must name' },
    JWT_AUTH_MAX_FRESH_S: {
      type: INTEGER,
      unit: 'seconds',
      quay: 300,
      meaning: 'Greatest age of an answer of JWT_VERIFY_ENDPOINT',
    },
    KEYSTONE_AUTH_URL: { type: TEXT, meaning: 'Address of Keystone' },
    KEYSTONE_AUTH_VERSION: { type: INTEGER, quay: 2, meaning: 'Version of the protocol of Keystone: 2 or 3' },
    KEYSTONE_AUTH_TIMEOUT: { type: INTEGER, unit: 'seconds', meaning: 'How long Keystone is waited for' },
    KEYSTONE_ADMIN_USERNAME: { type: TEXT, meaning: 'User that looks others up in Keystone' },
    KEYSTONE_ADMIN_PASSWORD: { type: SECRET, meaning: 'Password of the user that looks others up in Keystone' },
    KEYSTONE_ADMIN_TENANT: { type: TEXT, meaning: 'Project of the user that looks others up in Keystone' },
  },
};
