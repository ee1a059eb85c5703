import { z } from 'zod';
import { AppError } from '../../kernel/errors.ts';
import type { Clock } from '../../kernel/clock.ts';
import { createSecretBox, type SecretBox } from '../../platform/crypto/index.ts';

/** How long the next page of a list can be asked for, as in Quay. */
export const PAGE_TOKEN_LIFETIME_MS = 2 * 24 * 3_600_000;

/** In characters; a position holds a key or two. */
const TOKEN_MAX = 4096;

/** A list as its caller has asked for it: two lists are the same when a place in one of them means the same in the other. */
export interface PagedList {
  /** operationId. */
  readonly operation: string;
  /** Whatever decides which rows the list has, or their order; what is undefined counts as not given. */
  readonly filters?: Readonly<Record<string, string | number | boolean | undefined>>;
}

/**
 * Quay's `next_page`: where the next page of a list begins, in a text that tells its holder nothing and that no one else can
 * make. It holds for two days, on every node, and for the one list that it came with. It grants nothing: each page is decided
 * anew.
 */
export interface PageTokens {
  /** @param position what the next page begins after; small, as JSON */
  seal(list: PagedList, position: unknown): string;
  /**
   * @param token `next_page` as it was sent; undefined: the first page
   * @returns the position, or undefined for the first page
   * Errors: PAGINATION_INVALID when it is malformed, too old, or of another list.
   */
  open<T>(list: PagedList, token: string | undefined, position: z.ZodType<T>): T | undefined;
}

/** The parameter of every list with such pages. */
export const nextPage = z
  .string()
  .max(TOKEN_MAX)
  .optional()
  .describe('The next_page of the page before; absent for the first page');

/** @param box of the key that all nodes share */
export function createPageTokens(box: SecretBox, clock: Pick<Clock, 'now'>): PageTokens {
  return {
    seal: (list, position) => {
      const content = JSON.stringify([clock.now() + PAGE_TOKEN_LIFETIME_MS, position]);
      return box.seal(content, purposeOf(list));
    },
    open(list, token, position) {
      if (token === undefined || token === '') return undefined;
      const content = z.tuple([z.number(), position]).safeParse(decrypt(box, token, purposeOf(list)));
      if (!content.success || content.data[0] <= clock.now()) throw refusal();
      return content.data[1];
    },
  };
}

/**
 * The box for page tokens.
 * @param key PAGE_TOKEN_KEY; undefined: they are sealed with the instance's own key
 */
export async function pageTokenBox(key: string | undefined, own: SecretBox): Promise<SecretBox> {
  return key === undefined ? own : createSecretBox(key);
}

/** Read back as JSON, so that nothing within a filter can look like another one. */
function purposeOf({ operation, filters = {} }: PagedList): string {
  const given = Object.entries(filters).filter(([, value]) => value !== undefined);
  return `page ${JSON.stringify([operation, ...given.toSorted(([a], [b]) => (a < b ? -1 : 1))])}`;
}

function decrypt(box: SecretBox, token: string, purpose: string): unknown {
  try {
    return JSON.parse(box.open(token, purpose));
  } catch {
    return undefined;
  }
}

function refusal(): AppError {
  return new AppError(
    'PAGINATION_INVALID',
    '"next_page" is not of this list, or older than two days; ask for the first page again',
  );
}
