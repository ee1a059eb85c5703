import type { Mount } from '../platform/http/index.ts';

/** Who may call what stands below a prefix. */
export type Access =
  /** Each operation says so itself, as data (`src/web-api/frame/operation.ts`). */
  | 'operations'
  /** The catalog is asked on each request what the caller may do with the repository. */
  | 'repositories'
  /** Everybody reads; a change needs the signature of the key that it is about, or of its predecessor. */
  | 'keys'
  /** Whoever has a token of an issuer that a robot trusts. */
  | 'federation'
  /** The user who has signed in and agrees, and the application that proves itself. */
  | 'consent'
  /** Whoever `METRICS_…` lets in. */
  | 'metrics'
  /** Whoever has the code that was mailed to somebody. */
  | 'mailed-code'
  /** Everybody: nothing that belongs to anybody is told or changed there. */
  | 'everybody';

interface AddressRange extends Omit<Mount, 'handler'> {
  readonly access: Access;
}

/** For answers that are data: whatever is in them, no browser runs or shows it. Errors carry it too. */
const DATA_ONLY = {
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
};

/**
 * The whole address space of the server: each prefix with who may call what is below it. Nothing is served that is not here; the
 * types of `openServices` and a test see to it.
 */
export const ADDRESS_SPACE = [
  {
    prefix: '/v2',
    access: 'repositories',
    errors: 'oci',
    headers: {
      'Docker-Distribution-API-Version': 'registry/2.0',
      'X-Content-Type-Options': 'nosniff',
      'Content-Security-Policy': 'sandbox',
    },
  },
  { prefix: '/v1', access: 'repositories', errors: 'quay' },
  { prefix: '/api/v1', access: 'operations', errors: 'quay', headers: DATA_ONLY },
  { prefix: '/config', access: 'everybody', errors: 'quay', headers: DATA_ONLY },
  { prefix: '/csrf_token', access: 'everybody', errors: 'quay', headers: DATA_ONLY },
  { prefix: '/keys', access: 'keys', errors: 'quay', headers: DATA_ONLY },
  { prefix: '/.well-known', access: 'everybody', errors: 'quay', headers: DATA_ONLY },
  { prefix: '/oauth2/federation/robot/token', access: 'federation', errors: 'quay', headers: DATA_ONLY },
  { prefix: '/oauth', access: 'consent', errors: 'quay', headers: { 'X-Content-Type-Options': 'nosniff' } },
  { prefix: '/confirm', access: 'mailed-code', errors: 'quay' },
  { prefix: '/recovery', access: 'mailed-code', errors: 'quay' },
  { prefix: '/confirminvite', access: 'mailed-code', errors: 'quay' },
  { prefix: '/health', access: 'everybody', errors: 'quay', quiet: true },
  { prefix: '/status', access: 'everybody', errors: 'quay', quiet: true },
  { prefix: '/metrics', access: 'metrics', errors: 'quay', quiet: true },
  { prefix: '/', access: 'everybody', errors: 'quay' },
] as const satisfies readonly AddressRange[];

type Prefix = (typeof ADDRESS_SPACE)[number]['prefix'];

/** Prefixes that are answered while the server is still starting. */
export type EarlyPrefix = '/health' | '/status' | '/metrics';

/** Prefixes that slices answer for. */
export type ServicePrefix = Exclude<Prefix, EarlyPrefix>;
