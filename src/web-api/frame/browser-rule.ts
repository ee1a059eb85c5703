import type { IncomingMessage } from 'node:http';

// Every browser calls itself Mozilla; programs that do are not meant to.
const BROWSER = /^(?:Mozilla|Opera)\//;

/**
 * Whether a request to read was made by typing or following an address in a browser, where the API's answers do not belong
 * (BROWSER_API_CALLS_XHR_ONLY): pages of ours and scripts say `X-Requested-With: XMLHttpRequest`.
 */
export function isPlainBrowserRequest({ headers }: IncomingMessage): boolean {
  return BROWSER.test(headers['user-agent'] ?? '') && headers['x-requested-with'] !== 'XMLHttpRequest';
}
