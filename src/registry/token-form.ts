import { AppError } from '../kernel/errors.ts';
import { readBody, type RequestContext } from '../platform/http/index.ts';

const FORM_MAX_BYTES = 65_536;

/**
 * Reads an `application/x-www-form-urlencoded` body of at most 64 KiB. Errors: TOKEN_REQUEST_INVALID for another type or
 * a larger body, CLIENT_CLOSED_REQUEST when the client goes away.
 */
export async function readForm(context: RequestContext): Promise<URLSearchParams> {
  const type = (context.req.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') {
    throw new AppError('TOKEN_REQUEST_INVALID', 'A token request must be sent as application/x-www-form-urlencoded');
  }
  const body = await readBody(
    context,
    FORM_MAX_BYTES,
    () => new AppError('TOKEN_REQUEST_INVALID', `A token request may have at most ${FORM_MAX_BYTES} bytes`),
  );
  return new URLSearchParams(body.toString('utf8'));
}
