import { AppError } from '../../kernel/errors.ts';
import type { RequestContext } from './context.ts';

/**
 * Reads a whole request body into memory. `tooLarge` is thrown before the first byte when the announced size is above
 * `maxBytes`, else as soon as more arrives; the connection stays open for the answer.
 * Errors: `tooLarge`'s; CLIENT_CLOSED_REQUEST when the client goes away.
 */
export async function readBody(context: RequestContext, maxBytes: number, tooLarge: () => AppError): Promise<Buffer> {
  const { req } = context;
  if (Number(req.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
  context.acceptBody();
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  return new Promise((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      sizeBytes += chunk.length;
      if (sizeBytes > maxBytes) stop(() => reject(tooLarge()));
      else chunks.push(chunk);
    };
    const onEnd = (): void => stop(() => resolve(Buffer.concat(chunks)));
    const onClose = (): void =>
      stop(() => reject(new AppError('CLIENT_CLOSED_REQUEST', 'The client went away while it sent its request')));
    function stop(settle: () => void): void {
      req.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
      settle();
    }
    req.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
  });
}
