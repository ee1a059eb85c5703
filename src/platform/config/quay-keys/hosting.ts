import { isFilled, isOn, type KeyTopic } from './key-topic.ts';
import { BOOLEAN, choice, INTEGER, TEXT, TEXT_OR_TEXTS, TEXTS } from './key-type.ts';

export const hostingKeys: KeyTopic = {
  title: 'Addresses, TLS and proxies',
  owner: 'platform/http',
  keys: {
    SERVER_HOSTNAME: {
      type: TEXT,
      quay: 'localhost:5000',
      meaning: 'Public host and port, without a scheme; stands in addresses and tokens',
    },
    PREFERRED_URL_SCHEME: { type: choice('http', 'https'), quay: 'http', meaning: 'Scheme of generated addresses' },
    EXTERNAL_TLS_TERMINATION: { type: BOOLEAN, quay: false, meaning: 'A proxy in front ends TLS' },
    SSL_CIPHERS: {
      type: TEXT_OR_TEXTS,
      meaning: 'Ciphers allowed with TLS 1.2 and older',
      stopsStart: { when: isFilled },
    },
    SSL_CIPHERSUITES: {
      type: TEXT_OR_TEXTS,
      meaning: 'Cipher suites allowed with TLS 1.3',
      stopsStart: { when: isFilled },
    },
    SSL_PROTOCOLS: {
      type: TEXT_OR_TEXTS,
      quay: ['TLSv1.2', 'TLSv1.3'],
      meaning: 'Versions of TLS that are spoken',
      stopsStart: { when: isFilled },
    },
    FEATURE_LISTEN_IP_VERSION: {
      type: choice('IPv4', 'IPv6', 'dual-stack'),
      quay: 'IPv4',
      meaning: 'Address families that are listened on',
    },
    FEATURE_PROXY_PROTOCOL: {
      type: BOOLEAN,
      quay: false,
      meaning: 'A load balancer announces each client by the PROXY protocol',
      stopsStart: { when: isOn },
    },
    TRUSTED_PROXY_CIDR: { type: TEXT_OR_TEXTS, meaning: 'Proxies whose word about the client is taken' },
    PROXY_COUNT: { type: INTEGER, quay: 1, meaning: 'How many proxies in front write forwarding headers' },
    MANIFESTS_ENDPOINT_READ_TIMEOUT: { type: TEXT, meaning: 'How long a request for a manifest may take' },
    CORS_ORIGIN: {
      type: TEXT_OR_TEXTS,
      quay: '*',
      owner: 'web-api',
      meaning: 'Web pages of other origins that may call the API',
    },
    APPLICATION_ROOT: { type: TEXT, meaning: 'Path below which everything is served' },
    V1_ONLY_DOMAIN: { type: TEXT, obsolete: true, meaning: 'Host name that served the first registry protocol alone' },
    USE_CDN: {
      type: BOOLEAN,
      quay: false,
      obsolete: true,
      meaning: 'Pages loaded their libraries from a public network',
    },
    FORCE_NONSECURE_SESSION_COOKIE: {
      type: BOOLEAN,
      quay: false,
      owner: 'web-api',
      meaning: 'Session cookies travel over plain HTTP too although the scheme is https',
    },
    SESSION_COOKIE_SECURE: {
      type: BOOLEAN,
      quay: false,
      owner: 'web-api',
      meaning: 'Session cookies travel over TLS alone',
    },
    SESSION_COOKIE_NAME: { type: TEXT, quay: '_csrf_token', owner: 'web-api', meaning: 'Name of the session cookie' },
    SESSION_COOKIE_HTTPONLY: {
      type: BOOLEAN,
      quay: true,
      owner: 'web-api',
      meaning: 'Scripts of pages cannot read the session cookie',
    },
    SESSION_COOKIE_SAMESITE: {
      type: TEXT,
      quay: 'Lax',
      owner: 'web-api',
      meaning: 'Whether requests from other sites carry the session cookie',
    },
    SESSION_REFRESH_EACH_REQUEST: {
      type: BOOLEAN,
      obsolete: true,
      meaning: 'A switch of the web framework that Quay is made with',
    },
    BROWSER_API_CALLS_XHR_ONLY: {
      type: BOOLEAN,
      quay: true,
      owner: 'web-api',
      meaning: 'Browsers reach the API by scripts only, never by a plain link or form',
    },
    SSRF_ALLOWED_HOSTS: {
      type: TEXTS,
      quay: [],
      owner: 'platform/net',
      meaning: 'Private hosts and address ranges that outgoing requests may reach',
    },
  },
};
