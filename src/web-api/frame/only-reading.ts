import { AppError } from '../../kernel/errors.ts';
import type { RequestContext } from '../../platform/http/index.ts';

/**
 * For a mount that is a single page which can only be read. Errors: NOT_FOUND below it, UNSUPPORTED for other methods than GET
 * and HEAD.
 */
export function onlyReading({ method, path }: Pick<RequestContext, 'method' | 'path'>, page: string): void {
  if (path !== page && path !== `${page}/`) throw new AppError('NOT_FOUND', 'There is no such page');
  if (method !== 'GET' && method !== 'HEAD') {
    throw new AppError('UNSUPPORTED', `"${method.slice(0, 20)}" is not possible here; use GET`, {
      headers: { Allow: 'GET, HEAD' },
    });
  }
}
