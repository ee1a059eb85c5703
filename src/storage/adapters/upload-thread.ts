import { Worker } from 'node:worker_threads';
import type { Logger } from '../../platform/log/index.ts';
import { workerEntry } from '../../platform/worker-entry.ts';
import { AppError } from '../../kernel/errors.ts';
import type { UploadLane } from './upload-lanes.ts';
import type { UploadReply, UploadRequest } from './upload-messages.ts';

/** What the worker is started with. */
export interface UploadWorkerData {
  readonly root: string;
}

export interface CallMessage {
  readonly call: number;
  readonly request: UploadRequest;
}

export interface ReplyMessage {
  readonly call: number;
  readonly reply: UploadReply;
}

/** Starts the thread that hashes and writes uploads below `root`. */
export function startUploadWorker(root: string): Worker {
  const workerData: UploadWorkerData = { root };
  return new Worker(workerEntry('upload', import.meta.url), { name: 'upload', workerData });
}

interface Waiting {
  resolve(reply: UploadReply): void;
  reject(error: AppError): void;
}

/** A lane that is a worker thread. When the thread dies, all that waits for it fails, and it is not alive any more. */
export function threadLane(worker: Worker, log: Logger): UploadLane {
  const waiting = new Map<number, Waiting>();
  let calls = 0;
  let alive = true;
  let closing = false;
  // An idle thread does not keep the process alive, one at work does.
  worker.unref();

  function die(cause: unknown): void {
    if (!alive) return;
    alive = false;
    if (!closing) log.error({ err: cause }, 'An upload worker died; its uploads are read again when they go on');
    const error = new AppError('STORAGE_FAILED', 'The upload was interrupted; continue or restart it', { cause });
    for (const waiter of waiting.values()) waiter.reject(error);
    waiting.clear();
  }

  worker.on('message', ({ call, reply }: ReplyMessage) => {
    const waiter = waiting.get(call);
    waiting.delete(call);
    if (waiting.size === 0) worker.unref();
    waiter?.resolve(reply);
  });
  worker.on('error', die);
  worker.on('exit', (code) => die(new Error(`the worker thread exited with code ${code}`)));

  return {
    get alive() {
      return alive;
    },
    call(request) {
      if (!alive) return Promise.reject(new AppError('STORAGE_FAILED', 'The upload was interrupted; restart it'));
      return new Promise((resolve, reject) => {
        calls += 1;
        if (waiting.size === 0) worker.ref();
        waiting.set(calls, { resolve, reject });
        const message: CallMessage = { call: calls, request };
        const buffer = 'data' in request ? request.data?.buffer : undefined;
        worker.postMessage(message, buffer === undefined ? [] : [buffer]);
      });
    },
    async close() {
      closing = true;
      await worker.terminate();
    },
  };
}
