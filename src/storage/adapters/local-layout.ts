import { join } from 'node:path';
import { AppError } from '../../kernel/errors.ts';
import { digestAlgorithm, digestHex, type Digest } from '../../kernel/digest.ts';
import { isUploadId } from '../upload-id.ts';

/**
 * Where things lie below the root: `<algorithm>/<first 2 hex digits>/<hex>` for blobs, as Quay lays them out, and
 * `uploads/<uuid>` while they grow. Both on one file system, so that a rename moves a finished upload.
 */
export interface LocalLayout {
  readonly root: string;
  readonly uploads: string;
  /** Directory of all blobs of the algorithm of this digest. */
  algorithmDirectory(digest: Digest): string;
  blobDirectory(digest: Digest): string;
  blob(digest: Digest): string;
  /** Throws BLOB_UPLOAD_UNKNOWN when the id is not a UUID. */
  upload(uploadId: string): string;
}

export function localLayout(root: string): LocalLayout {
  const uploads = join(root, 'uploads');
  const algorithmDirectory = (digest: Digest): string => join(root, digestAlgorithm(digest));
  const blobDirectory = (digest: Digest): string => join(algorithmDirectory(digest), digestHex(digest).slice(0, 2));
  return {
    root,
    uploads,
    algorithmDirectory,
    blobDirectory,
    blob: (digest) => join(blobDirectory(digest), digestHex(digest)),
    upload(uploadId) {
      if (!isUploadId(uploadId)) throw unknownUpload(uploadId);
      return join(uploads, uploadId);
    },
  };
}

export function unknownUpload(uploadId: string): AppError {
  return new AppError('BLOB_UPLOAD_UNKNOWN', 'There is no such upload; start a new one', {
    detail: { upload: uploadId.slice(0, 64) },
  });
}
