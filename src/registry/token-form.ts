import { AppError } from '../kernel/errors.ts';
import type { RequestContext } from '../platform/http/index.ts';

const FORM_MAX_BYTES = 65_536;

/**
 * Reads an `application/x-www-form-urlencoded` body of at most 64 KiB. Errors: TOKEN_REQUEST_INVALID for another type or
 * a larger body, CLIENT_CLOSED_REQUEST when the client goes away.
 */
export async function readForm(context: RequestContext): Promise<URLSearchParams> {
  const { req } = context;
  const type = (req.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') {
    throw new AppError('TOKEN_REQUEST_INVALID', 'A token request must be sent as application/x-www-form-urlencoded');
  }
  if (Number(req.headers['content-length'] ?? 0) > FORM_MAX_BYTES) throw tooLarge();
  context.acceptBody();
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let length = 0;
  const collect = (chunk: Buffer): void => {
    length += chunk.length;
    if (length > FORM_MAX_BYTES) {
      // Reading stops here, but the connection stays open for the answer.
      req.off('data', collect).pause();
      reject(tooLarge());
    } else {
      chunks.push(chunk);
    }
  };
  const gone = (): void => reject(new AppError('CLIENT_CLOSED_REQUEST', 'The client went away'));
  req.on('data', collect);
  req.once('end', () => resolve(Buffer.concat(chunks)));
  req.once('error', gone);
  req.once('close', gone);
  return new URLSearchParams((await promise).toString('utf8'));
}

function tooLarge(): AppError {
  return new AppError('TOKEN_REQUEST_INVALID', `A token request may have at most ${FORM_MAX_BYTES} bytes`);
}
