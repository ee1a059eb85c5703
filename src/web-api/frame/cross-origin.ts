import type { IncomingMessage } from 'node:http';

const METHODS = 'GET, HEAD, OPTIONS, POST, DELETE, PUT';
const HEADERS = 'Authorization, Content-Type, X-Requested-With';

/**
 * The headers that let pages of other origins call the API (CORS_ORIGIN). `*` lets all of them, but never with cookies; an
 * origin named in the list may send cookies and the CSRF token too. Names and values in turn.
 */
export function crossOriginHeaders(allowed: readonly string[], { headers }: IncomingMessage): readonly string[] {
  const { origin } = headers;
  if (origin !== undefined && allowed.includes(origin)) {
    return [
      'Access-Control-Allow-Origin',
      origin,
      'Access-Control-Allow-Credentials',
      'true',
      'Access-Control-Allow-Methods',
      METHODS,
      'Access-Control-Allow-Headers',
      `${HEADERS}, Cookie, X-CSRF-Token`,
      'Access-Control-Expose-Headers',
      'X-Next-CSRF-Token',
      'Vary',
      'Origin',
    ];
  }
  if (!allowed.includes('*')) return ['Vary', 'Origin'];
  return [
    'Access-Control-Allow-Origin',
    '*',
    'Access-Control-Allow-Methods',
    METHODS,
    'Access-Control-Allow-Headers',
    HEADERS,
  ];
}
