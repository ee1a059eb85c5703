import { AppError } from '../../kernel/errors.ts';
import type { LocalUploads } from './local-uploads.ts';
import type { OpenUpload } from './open-upload.ts';
import { storageError } from './storage-error.ts';
import type { UploadBegin, UploadFault, UploadReply, UploadRequest } from './upload-messages.ts';

interface Body {
  readonly uploadId: string;
  readonly upload: OpenUpload;
}

type Answer = Partial<Pick<UploadReply, 'sizeBytes' | 'blob'>>;

/** Carries out the messages of {@link UploadRequest}; never throws. Runs in a worker thread, or in a test without one. */
export function createUploadService(uploads: LocalUploads): (request: UploadRequest) => Promise<UploadReply> {
  const bodies = new Map<number, Body>();
  // The first failure of a body answers all its later messages.
  const failed = new Map<number, unknown>();

  function begin(number: number, { uploadId, offset, algorithm }: UploadBegin): void {
    bodies.set(number, { uploadId, upload: uploads.append(uploadId, offset, algorithm) });
  }

  function take(request: Extract<UploadRequest, { do: 'write' | 'end' }>): Body {
    if (failed.has(request.body)) {
      const failure = failed.get(request.body);
      if (request.do === 'end') failed.delete(request.body);
      throw failure;
    }
    try {
      if (request.begin !== undefined) begin(request.body, request.begin);
      const body = bodies.get(request.body);
      if (body === undefined) throw new AppError('STORAGE_FAILED', 'The upload was interrupted; upload it again');
      if (request.data !== undefined) body.upload.write(new Uint8Array(request.data.buffer, 0, request.data.length));
      return body;
    } catch (error) {
      const body = leave(request.body);
      if (request.do === 'write') failed.set(request.body, error);
      if (body !== undefined) abandon(body);
      throw error;
    }
  }

  function abandon({ uploadId, upload }: Body): void {
    try {
      uploads.abort(uploadId, upload);
    } catch {
      // The failure that led here is the one to tell.
    }
  }

  function leave(number: number): Body | undefined {
    const body = bodies.get(number);
    bodies.delete(number);
    failed.delete(number);
    return body;
  }

  async function carryOut(request: UploadRequest): Promise<Answer> {
    switch (request.do) {
      case 'write':
        take(request);
        return {};
      case 'end': {
        const { uploadId, upload } = take(request);
        leave(request.body);
        return { sizeBytes: await uploads.end(uploadId, upload, request.durable) };
      }
      case 'abort': {
        const body = leave(request.body);
        if (body !== undefined) uploads.abort(body.uploadId, body.upload);
        return {};
      }
      case 'finish':
        return { blob: await uploads.finish(request.uploadId, request.sizeBytes, request.expected) };
      case 'discard':
        uploads.discard(request.uploadId);
        return {};
      default:
        throw new Error(`There is no such request: ${JSON.stringify(request satisfies never)}`);
    }
  }

  return async (request) => {
    const buffer = 'data' in request ? request.data?.buffer : undefined;
    try {
      const { sizeBytes, blob } = await carryOut(request);
      return { fault: undefined, sizeBytes, blob, buffer };
    } catch (error) {
      return { fault: toFault(error), sizeBytes: undefined, blob: undefined, buffer };
    }
  };
}

function toFault(error: unknown): UploadFault {
  const { code, message, detail, cause } = storageError(error, 'store the upload');
  return { code, message, detail, cause: cause instanceof Error ? cause.message : undefined };
}

/** The error that a reply carries, with the worker's own error as its cause. */
export function fromFault(fault: UploadFault): AppError {
  return new AppError(fault.code, fault.message, {
    detail: fault.detail,
    ...(fault.cause === undefined ? {} : { cause: new Error(fault.cause) }),
  });
}
