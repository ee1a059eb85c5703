import { AppError } from '../kernel/errors.ts';

/** Keeps requests of this process from writing to one upload at the same time. */
export interface UploadLocks {
  /** Runs the work while no other request holds the upload. Errors: BLOB_UPLOAD_BUSY, at once instead of waiting. */
  hold<R>(uploadId: string, work: () => Promise<R>): Promise<R>;
  /** Whether a request holds the upload right now. */
  isHeld(uploadId: string): boolean;
}

export function createUploadLocks(): UploadLocks {
  const held = new Set<string>();
  return {
    async hold(uploadId, work) {
      if (held.has(uploadId)) {
        throw new AppError('BLOB_UPLOAD_BUSY', 'Another request is writing to this upload; wait for its answer');
      }
      held.add(uploadId);
      try {
        return await work();
      } finally {
        held.delete(uploadId);
      }
    },
    isHeld: (uploadId) => held.has(uploadId),
  };
}
