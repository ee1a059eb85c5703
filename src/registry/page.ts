import { AppError } from '../kernel/errors.ts';

/** What a client asks of a list: `n` and `last` (distribution-spec "Listing Tags"). */
export interface PageRequest {
  /** undefined: the client leaves the size to us. */
  readonly size: number | undefined;
  readonly after: string | undefined;
}

const LAST_MAX = 1024;

/**
 * Reads `n` and `last`. Any number is accepted, however large; who answers caps it and says by `Link` that there is more.
 * Errors: PAGINATION_INVALID when `n` is no number or negative, or `last` cannot be a name.
 */
export function parsePage(query: URLSearchParams): PageRequest {
  const n = query.get('n');
  if (n !== null && !/^[0-9]+$/.test(n)) {
    throw new AppError('PAGINATION_INVALID', '"n" must be a whole number, as in "n=100"');
  }
  const last = query.get('last');
  if (last !== null && (last.length > LAST_MAX || last.includes('\0'))) {
    throw new AppError('PAGINATION_INVALID', '"last" is not a name from the list; use the address of the Link header');
  }
  return {
    size: n === null ? undefined : Math.min(Number(n), Number.MAX_SAFE_INTEGER),
    after: last === null || last === '' ? undefined : last,
  };
}

const UNASKED_MIN = 100;
const ASKED_MAX = 1000;
/** One more is read to see whether there is a next page, and the catalog gives 10,000 at most. */
const PAGE_MAX = 9_999;

/**
 * Entries of one answer. Without `n` a page has V2_PAGINATION_SIZE entries, at least 100; with `n` that many, up to 1000 or
 * the configured size.
 */
export function pageSize(request: PageRequest, configured: number): number {
  const unasked = Math.min(Math.max(configured, UNASKED_MIN), PAGE_MAX);
  return request.size === undefined ? unasked : Math.min(request.size, Math.max(unasked, ASKED_MAX));
}

/** The `Link` header that leads to the next page (RFC 8288); `parameters` in the order they shall appear. */
export function nextLink(path: string, parameters: Readonly<Record<string, string>>): string {
  return `<${path}?${new URLSearchParams(parameters).toString()}>; rel="next"`;
}
