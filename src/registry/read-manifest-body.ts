import { AppError } from '../kernel/errors.ts';
import { readBody, type RequestContext } from '../platform/http/index.ts';

/** The size every registry must accept (distribution-spec "Pushing Manifests"), and what clients read at most. */
export const MANIFEST_BYTES_MAX = 4 * 1024 * 1024;

/** Reads a manifest into memory. Errors: MANIFEST_TOO_LARGE, CLIENT_CLOSED_REQUEST. */
export function readManifestBody(context: RequestContext): Promise<Buffer> {
  return readBody(
    context,
    MANIFEST_BYTES_MAX,
    () =>
      new AppError('MANIFEST_TOO_LARGE', `A manifest may have ${MANIFEST_BYTES_MAX} bytes; put large data into blobs`),
  );
}
