/** A browser sends a few; more are an attack on whoever splits them. */
const COOKIES_MAX = 100;

/**
 * The value of a cookie in a `Cookie` header (RFC 6265 §4.2.1), or undefined. Of several with the name the first counts, which
 * browsers send for the longest path.
 */
export function readCookie(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined;
  for (const pair of header.split(';', COOKIES_MAX)) {
    const equals = pair.indexOf('=');
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return undefined;
}
