import { AppError } from '../kernel/errors.ts';
import type { RequestContext } from '../platform/http/index.ts';

/** The size every registry must accept (distribution-spec "Pushing Manifests"), and what clients read at most. */
export const MANIFEST_BYTES_MAX = 4 * 1024 * 1024;

/**
 * Reads a manifest into memory. Errors: MANIFEST_TOO_LARGE, before the first byte when the size is announced;
 * CLIENT_CLOSED_REQUEST when the client goes away.
 */
export async function readManifestBody(context: RequestContext): Promise<Buffer> {
  const { req } = context;
  if (Number(req.headers['content-length'] ?? 0) > MANIFEST_BYTES_MAX) throw tooLarge();
  context.acceptBody();
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  return new Promise((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      sizeBytes += chunk.length;
      if (sizeBytes > MANIFEST_BYTES_MAX) stop(() => reject(tooLarge()));
      else chunks.push(chunk);
    };
    const onEnd = (): void => stop(() => resolve(Buffer.concat(chunks)));
    const onClose = (): void =>
      stop(() => reject(new AppError('CLIENT_CLOSED_REQUEST', 'The client went away while it sent a manifest')));
    function stop(settle: () => void): void {
      req.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
      settle();
    }
    req.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
  });
}

function tooLarge(): AppError {
  return new AppError(
    'MANIFEST_TOO_LARGE',
    `A manifest may have ${MANIFEST_BYTES_MAX} bytes; put large data into blobs`,
  );
}
