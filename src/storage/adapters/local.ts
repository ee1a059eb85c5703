import { closeSync, constants, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import type { Worker } from 'node:worker_threads';
import type { Logger } from '../../platform/log/index.ts';
import { createBufferPool, type BufferPool } from '../buffer-pool.ts';
import type { StorageEngine, UploadStore } from '../ports.ts';
import { isUploadId } from '../upload-id.ts';
import { forkUpload } from './fork-upload.ts';
import { createLocalBlobs } from './local-blobs.ts';
import { DIRECTORY_MODE } from './local-file-system.ts';
import { localLayout, unknownUpload, type LocalLayout } from './local-layout.ts';
import { LocalSink } from './local-sink.ts';
import { storageError } from './storage-error.ts';
import { UploadLanes, type UploadLane } from './upload-lanes.ts';
import type { UploadReply, UploadRequest } from './upload-messages.ts';
import { fromFault } from './upload-service.ts';
import { startUploadWorker, threadLane } from './upload-thread.ts';

/** Large enough that passing one between threads costs little, small enough that 16 pushes need some 25 MiB. */
const BUFFER_BYTES = 512 * 1024;
const MAX_IDLE_BUFFERS = 24;
/** With more uploads than this the threads that write have enough to do with fewer buffers of each. */
const FEW_UPLOADS = 4;

export interface LocalStorageOptions {
  /** Directory of the storage; made when it is missing. Blobs and uploads must lie on one file system. */
  readonly root: string;
  readonly log: Logger;
  /** Threads that hash and write; on more than two cores one is left for HTTP. They are started when they are needed. */
  readonly workers?: number;
  /** For tests: another way to start a thread. */
  readonly startWorker?: (root: string) => Worker;
}

/** Blobs and uploads on local disk. Throws when the directory cannot be made. */
export function createLocalStorage(options: LocalStorageOptions): StorageEngine {
  const root = resolve(options.root);
  const startWorker = options.startWorker ?? startUploadWorker;
  return createLocalEngine({
    root,
    lanes: new UploadLanes({
      count: options.workers ?? Math.max(2, availableParallelism() - 1),
      start: () => threadLane(startWorker(root), options.log),
    }),
  });
}

/** The engine over lanes of any kind; {@link createLocalStorage} for everybody but tests. */
export function createLocalEngine(options: { readonly root: string; readonly lanes: UploadLanes }): StorageEngine {
  const layout = localLayout(options.root);
  makeDirectories(layout);
  const pool = createBufferPool({ sizeBytes: BUFFER_BYTES, maxIdle: MAX_IDLE_BUFFERS });
  return {
    blobs: createLocalBlobs(layout),
    uploads: createLocalUploads(layout, options.lanes, pool),
    close: () => options.lanes.close(),
  };
}

function createLocalUploads(layout: LocalLayout, lanes: UploadLanes, pool: BufferPool): UploadStore {
  let bodies = 0;
  let running = 0;
  const maxInFlight = (): number => (running > FEW_UPLOADS ? 1 : 2);

  async function callOnce(uploadId: string, request: UploadRequest): Promise<UploadReply> {
    const lane = lanes.acquire(uploadId);
    try {
      return await answered(lane, request);
    } finally {
      lanes.release(lane);
    }
  }

  return {
    async append(uploadId, offset, algorithm) {
      if (!isUploadId(uploadId)) throw unknownUpload(uploadId);
      const lane = lanes.acquire(uploadId);
      running += 1;
      const release = (): void => {
        running -= 1;
        lanes.release(lane);
      };
      bodies += 1;
      const body = bodies;
      const begin = { uploadId, offset, algorithm };
      // A new upload needs no answer before its first bytes.
      if (offset === 0) return new LocalSink({ lane, pool, body, begin, maxInFlight, release });
      try {
        await answered(lane, { do: 'write', body, begin, data: undefined });
      } catch (error) {
        release();
        throw error;
      }
      return new LocalSink({ lane, pool, body, begin: undefined, maxInFlight, release });
    },
    async finish(uploadId, sizeBytes, expected) {
      if (!isUploadId(uploadId)) throw unknownUpload(uploadId);
      const { blob } = await callOnce(uploadId, { do: 'finish', uploadId, sizeBytes, expected });
      if (blob === undefined) throw new Error('The upload worker did not tell what it stored');
      lanes.forget(uploadId);
      return blob;
    },
    async discard(uploadId) {
      if (!isUploadId(uploadId)) return;
      await callOnce(uploadId, { do: 'discard', uploadId });
      lanes.forget(uploadId);
    },
    fork: (uploadId, forkId, sizeBytes) => forkUpload(layout, uploadId, forkId, sizeBytes),
    list: () => listUploads(layout),
  };
}

async function* listUploads(layout: LocalLayout): AsyncIterable<string> {
  try {
    for await (const entry of await opendir(layout.uploads)) {
      if (entry.isFile() && isUploadId(entry.name)) yield entry.name;
    }
  } catch (error) {
    throw storageError(error, 'list the uploads');
  }
}

async function answered(lane: UploadLane, request: UploadRequest): Promise<UploadReply> {
  const reply = await lane.call(request);
  if (reply.fault !== undefined) throw fromFault(reply.fault);
  return reply;
}

function makeDirectories(layout: LocalLayout): void {
  try {
    const firstMade = mkdirSync(layout.uploads, { recursive: true, mode: DIRECTORY_MODE });
    if (firstMade === undefined) return;
    // Each new directory is an entry of its parent, which must survive a power cut too.
    for (let made = layout.uploads; made.length >= firstMade.length; made = dirname(made)) syncDirectory(dirname(made));
  } catch (error) {
    throw new Error(
      `Could not make the storage directory "${layout.root}"; check storage_path in DISTRIBUTED_STORAGE_CONFIG and who may write there`,
      {
        cause: error,
      },
    );
  }
}

function syncDirectory(path: string): void {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
