import type { Digest, DigestAlgorithm } from '../../kernel/digest.ts';
import type { ErrorCode } from '../../kernel/errors.ts';
import type { StoredBlob } from '../ports.ts';

/** How a request body begins; sent with its first message, so that a small body takes one message in all. */
export interface UploadBegin {
  readonly uploadId: string;
  readonly offset: number;
  readonly algorithm: DigestAlgorithm;
}

/** Bytes of a buffer that changes hands with the message and comes back with the reply. */
export interface UploadData {
  readonly buffer: ArrayBuffer;
  readonly length: number;
}

interface BodyMessage {
  /** Number of the request body, unique within the worker. */
  readonly body: number;
  readonly begin: UploadBegin | undefined;
  readonly data: UploadData | undefined;
}

/** What the main thread asks of a worker. Messages are carried out in the order they were sent. */
export type UploadRequest =
  | ({ readonly do: 'write' } & BodyMessage)
  | ({ readonly do: 'end'; readonly durable: boolean } & BodyMessage)
  | { readonly do: 'abort'; readonly body: number }
  | { readonly do: 'finish'; readonly uploadId: string; readonly sizeBytes: number; readonly expected: Digest }
  | { readonly do: 'discard'; readonly uploadId: string };

/** An AppError on its way between threads; `cause` is text for the log. */
export interface UploadFault {
  readonly code: ErrorCode;
  readonly message: string;
  readonly detail: unknown;
  readonly cause: string | undefined;
}

export interface UploadReply {
  readonly fault: UploadFault | undefined;
  /** Answer to `end`. */
  readonly sizeBytes: number | undefined;
  /** Answer to `finish`. */
  readonly blob: StoredBlob | undefined;
  readonly buffer: ArrayBuffer | undefined;
}
