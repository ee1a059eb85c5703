import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../kernel/clock.ts';
import { nodeFileSystem } from './local-file-system.ts';
import { localLayout } from './local-layout.ts';
import { LocalUploads } from './local-uploads.ts';
import type { UploadRequest } from './upload-messages.ts';
import { createUploadService } from './upload-service.ts';
import type { CallMessage, ReplyMessage, UploadWorkerData } from './upload-thread.ts';
import { writeAroundCache } from './write-around-cache.ts';

const { root } = workerData as UploadWorkerData;
const uploads = new LocalUploads({
  layout: localLayout(root),
  files: writeAroundCache(nodeFileSystem),
  clock: systemClock,
});
const handle = createUploadService(uploads);

parentPort?.on('message', ({ call, request }: CallMessage) => {
  void answer(call, request);
});

async function answer(call: number, request: UploadRequest): Promise<void> {
  const reply = await handle(request);
  const message: ReplyMessage = { call, reply };
  parentPort?.postMessage(message, reply.buffer === undefined ? [] : [reply.buffer]);
}
