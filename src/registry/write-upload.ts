import { randomUUID } from 'node:crypto';
import { AppError } from '../kernel/errors.ts';
import type { RegistryPorts } from './ports.ts';
import { findUpload, leaveUpload, moveUpload, takeUpload } from './store.ts';
import type { Upload } from './store.ts';
import type { UploadLocks } from './upload-locks.ts';
import { uploadUnknown } from './upload-request.ts';

type Ports = Pick<RegistryPorts, 'db' | 'storage'>;

/**
 * Runs the work as the only writer of the upload. Within a process a second one is refused. Of several nodes the last one
 * wins, because the one before may be dead: it goes on with a copy of what was acknowledged, so that a late byte of the other
 * can spoil nothing, least of all a blob that was finished meanwhile.
 * Errors: BLOB_UPLOAD_UNKNOWN, BLOB_UPLOAD_BUSY; those of the work.
 */
export function writeUpload<R>(
  ports: Ports,
  locks: UploadLocks,
  repositoryId: number,
  uploadId: string,
  work: (upload: Upload) => Promise<R>,
): Promise<R> {
  return locks.hold(uploadId, async () => {
    const upload = await openUpload(ports, repositoryId, uploadId);
    try {
      return await work(upload);
    } catch (error) {
      // The next writer would make a copy for nothing; what he finds is right either way.
      if (upload.writer !== undefined) await leave(ports, upload);
      throw error;
    }
  });
}

async function openUpload(ports: Ports, repositoryId: number, uploadId: string): Promise<Upload> {
  // The embedded database has one process, whose locks are enough.
  if (ports.db.dialect === 'sqlite') {
    const upload = await findUpload(ports.db, repositoryId, uploadId);
    if (upload === undefined) throw uploadUnknown(uploadId);
    return upload;
  }
  const writer = randomUUID();
  const taken = await ports.db.transaction((tx) => takeUpload(tx, repositoryId, uploadId, writer));
  if (taken === undefined) throw uploadUnknown(uploadId);
  return taken.isContested ? moveAside(ports, taken.upload, writer) : taken.upload;
}

/** The copy has the writer's id, which the row names already: nobody takes its bytes for an orphan's. */
async function moveAside(ports: Ports, upload: Upload, copyId: string): Promise<Upload> {
  const { uploads } = ports.storage;
  // Without acknowledged bytes there is nothing to copy.
  if (upload.sizeBytes > 0) await uploads.fork(upload.storageId, copyId, upload.sizeBytes);
  if (!(await ports.db.transaction((tx) => moveUpload(tx, upload, copyId)))) {
    await uploads.discard(copyId);
    throw new AppError('BLOB_UPLOAD_BUSY', 'Another request took over the upload; ask where it stands and go on there');
  }
  await uploads.discard(upload.storageId);
  return { ...upload, storageId: copyId };
}

async function leave(ports: Ports, upload: Upload): Promise<void> {
  await ports.db.transaction((tx) => leaveUpload(tx, upload)).catch(() => undefined);
}
