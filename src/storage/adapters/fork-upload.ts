import { constants } from 'node:fs';
import { copyFile, open, unlink } from 'node:fs/promises';
import { nodeFileSystem } from './local-file-system.ts';
import { type LocalLayout, unknownUpload } from './local-layout.ts';
import { storageError, systemErrorCode } from './storage-error.ts';

/** See `UploadStore.fork`. The copy shares the bytes where the file system can do that. */
export async function forkUpload(
  layout: LocalLayout,
  uploadId: string,
  forkId: string,
  sizeBytes: number,
): Promise<void> {
  const [source, target] = [layout.upload(uploadId), layout.upload(forkId)];
  try {
    await copyFile(source, target, constants.COPYFILE_FICLONE);
    const file = await open(target, constants.O_RDWR | constants.O_NOFOLLOW);
    try {
      const { size } = await file.stat();
      if (size < sizeBytes) throw unknownUpload(uploadId);
      await file.truncate(sizeBytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await nodeFileSystem.syncDirectory(layout.uploads);
  } catch (error) {
    await unlink(target).catch(() => undefined);
    throw systemErrorCode(error) === 'ENOENT' ? unknownUpload(uploadId) : storageError(error, 'copy the upload');
  }
}
