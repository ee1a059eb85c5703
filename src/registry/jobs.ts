import type { JobHandler } from '../platform/queue/index.ts';
import type { RegistryPorts } from './ports.ts';
import { deleteExpiredUpload, expiredUploads, knownUploads } from './store.ts';
import type { UploadLocks } from './upload-locks.ts';

const EXPIRE_EVERY_MS = 10 * 60_000;
const RECONCILE_EVERY_MS = 60 * 60_000;
const BATCH = 100;

type Ports = Pick<RegistryPorts, 'db' | 'storage' | 'log'>;

/** The clean-up of uploads that nobody finished. Both jobs may run at any time, on any node, beside any request. */
export function createUploadJobs(ports: Ports, locks: UploadLocks): readonly JobHandler[] {
  return [
    {
      queue: 'registry.expire-uploads',
      everyMs: EXPIRE_EVERY_MS,
      run: (_, signal) => expireUploads(ports, locks, signal),
    },
    {
      queue: 'registry.reconcile-uploads',
      everyMs: RECONCILE_EVERY_MS,
      run: (_, signal) => reconcileUploads(ports, signal),
    },
  ];
}

/** Forgets uploads whose lifetime is over. An upload that a request of this process is writing to is left for later. */
async function expireUploads(ports: Ports, locks: UploadLocks, signal: AbortSignal): Promise<void> {
  let removed = 0;
  for (;;) {
    const ids = (await expiredUploads(ports.db, BATCH)).filter((id) => !locks.isHeld(id));
    for (const id of ids) {
      if (signal.aborted) return;
      // The row goes first and only if still expired, so that no request can go on with an upload whose bytes are going.
      const storageId = await ports.db.transaction((tx) => deleteExpiredUpload(tx, id));
      if (storageId === undefined) continue;
      await ports.storage.uploads.discard(storageId);
      removed++;
    }
    if (ids.length < BATCH) break;
  }
  if (removed > 0) ports.log.info({ removed }, 'Expired uploads were removed');
}

/**
 * Removes bytes of uploads that have no row, as a crash may leave them. A row is committed before the first byte is written
 * and goes after the last use of the bytes, so bytes without a row belong to nobody.
 */
async function reconcileUploads(ports: Ports, signal: AbortSignal): Promise<void> {
  let batch: string[] = [];
  let removed = 0;
  const clean = async (): Promise<void> => {
    const known = await knownUploads(ports.db, batch);
    const orphans = batch.filter((id) => !known.has(id));
    for (const id of orphans) await ports.storage.uploads.discard(id);
    removed += orphans.length;
    batch = [];
  };
  for await (const id of ports.storage.uploads.list()) {
    if (signal.aborted) return;
    batch.push(id);
    if (batch.length === BATCH) await clean();
  }
  if (batch.length > 0) await clean();
  if (removed > 0) ports.log.info({ removed }, 'Bytes of uploads that no longer exist were removed');
}
