import type { IncomingMessage } from 'node:http';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import type { UploadSink } from '../storage/index.ts';
import { watchProgress } from './idle-limit.ts';

const DEFAULT_IDLE_MS = 600_000;
/** Smaller chunks are cheaper to collect than to release. */
const RELEASED_FROM_BYTES = 4096;

export interface ReceiveOptions {
  readonly clock: Clock;
  /** Most bytes the body may have. */
  readonly maxBytes: number;
  /** A client that sends nothing for this long (milliseconds, up to twice as long) is given up; default 10 minutes. */
  readonly idleMs?: number;
  /** Ends the reception early, as when the server shuts down. */
  readonly signal?: AbortSignal;
}

/**
 * How a body ended. The sink has been neither ended nor aborted: after `complete` the caller ends it; after `interrupted`
 * he may end it to keep the prefix of `bytes` bytes, or abort it; otherwise he aborts it.
 */
export type ReceivedBody =
  | { readonly end: 'complete'; readonly bytes: number }
  /** CLIENT_CLOSED_REQUEST: the client went away or stalled. SHUTTING_DOWN: `signal` was raised. */
  | { readonly end: 'interrupted'; readonly bytes: number; readonly error: AppError }
  /** LAYER_TOO_LARGE. */
  | { readonly end: 'refused'; readonly bytes: number; readonly error: AppError }
  /** The sink's STORAGE_FULL or STORAGE_FAILED. */
  | { readonly end: 'failed'; readonly bytes: number; readonly error: AppError };

/**
 * Passes the body of a request on to the sink, at the pace of the sink. Never rejects. What is not read of the body is left to
 * the caller. A body whose `Content-Length` is too large is refused before any of it is read.
 */
export function receiveBody(req: IncomingMessage, sink: UploadSink, options: ReceiveOptions): Promise<ReceivedBody> {
  if (Number(req.headers['content-length'] ?? 0) > options.maxBytes) {
    return Promise.resolve({ end: 'refused', bytes: 0, error: tooLarge(options.maxBytes) });
  }
  return new Promise((resolve) => {
    new Reception(req, sink, options, resolve).start();
  });
}

type Ending = 'complete' | { readonly end: Exclude<ReceivedBody['end'], 'complete'>; readonly error: AppError };

class Reception {
  readonly #req: IncomingMessage;
  readonly #sink: UploadSink;
  readonly #options: ReceiveOptions;
  readonly #resolve: (outcome: ReceivedBody) => void;
  #bytes = 0;
  #beats = 0;
  #sinkIsBusy = false;
  #ending: Ending | undefined;
  #unwatch: (() => void) | undefined;

  constructor(
    req: IncomingMessage,
    sink: UploadSink,
    options: ReceiveOptions,
    resolve: (outcome: ReceivedBody) => void,
  ) {
    this.#req = req;
    this.#sink = sink;
    this.#options = options;
    this.#resolve = resolve;
  }

  start(): void {
    const { clock, idleMs = DEFAULT_IDLE_MS, signal } = this.#options;
    this.#unwatch = watchProgress(clock, idleMs, this.#progress, this.#onIdle);
    signal?.addEventListener('abort', this.#onSignal);
    this.#req.on('data', this.#onData);
    this.#req.on('end', this.#onEnd);
    this.#req.on('close', this.#onClose);
    // Both may have happened before anybody listened.
    if (signal?.aborted === true) this.#onSignal();
    else if (this.#req.destroyed) this.#onClose();
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#ending !== undefined) return;
    const { maxBytes } = this.#options;
    if (this.#bytes + chunk.byteLength > maxBytes) {
      this.#end({ end: 'refused', error: tooLarge(maxBytes) });
      return;
    }
    this.#bytes += chunk.byteLength;
    this.#beats += 1;
    const room = this.#sink.write(chunk);
    if (room === undefined) release(chunk);
    else void this.#waitFor(room, chunk);
  };

  async #waitFor(room: Promise<void>, chunk: Buffer): Promise<void> {
    this.#sinkIsBusy = true;
    this.#req.pause();
    try {
      await room;
      release(chunk);
    } catch (error) {
      this.#ending = { end: 'failed', error: asStorageFailure(error) };
    }
    this.#sinkIsBusy = false;
    if (this.#ending === undefined) this.#req.resume();
    else this.#end(this.#ending);
  }

  readonly #onEnd = (): void => this.#end('complete');

  /** Also follows each `end`, when there is nothing left to say. */
  readonly #onClose = (): void =>
    this.#end(lostClient('The client closed the connection before the body was complete'));

  readonly #onIdle = (): void => this.#end(lostClient('The client sent nothing for too long'));

  readonly #onSignal = (): void =>
    this.#end({
      end: 'interrupted',
      error: new AppError('SHUTTING_DOWN', 'The server is shutting down; continue the upload in a moment'),
    });

  /** A slow storage is not the client's fault. */
  readonly #progress = (): number => {
    if (this.#sinkIsBusy) this.#beats += 1;
    return this.#beats;
  };

  /** The first ending counts. It is told when the sink is ready to be ended or aborted. */
  #end(ending: Ending): void {
    this.#ending ??= ending;
    if (this.#sinkIsBusy || this.#unwatch === undefined) return;
    this.#unwatch();
    this.#unwatch = undefined;
    this.#options.signal?.removeEventListener('abort', this.#onSignal);
    this.#req.off('data', this.#onData);
    this.#req.off('end', this.#onEnd);
    this.#req.off('close', this.#onClose);
    const bytes = this.#bytes;
    if (this.#ending === 'complete') {
      this.#resolve({ end: 'complete', bytes });
    } else {
      this.#req.pause();
      this.#resolve({ ...this.#ending, bytes });
    }
  }
}

function tooLarge(maxBytes: number): AppError {
  return new AppError('LAYER_TOO_LARGE', `The blob is larger than the ${maxBytes} bytes that are allowed`, {
    detail: { maximum: maxBytes },
  });
}

function lostClient(message: string): Exclude<Ending, 'complete'> {
  return { end: 'interrupted', error: new AppError('CLIENT_CLOSED_REQUEST', message) };
}

function asStorageFailure(error: unknown): AppError {
  if (error instanceof AppError) return error;
  return new AppError('STORAGE_FAILED', 'Could not store the upload; try again later', { cause: error });
}

/**
 * Gives the memory of a chunk back at once. Left to the collector, chunks of 64 KiB bring on a full collection for each 20 MB
 * that are received, which costs more than receiving them.
 */
function release(chunk: Buffer): void {
  const { buffer } = chunk;
  // Node.js copies each piece of a body into memory of its own; what is shared is not ours to free.
  const owned = buffer instanceof ArrayBuffer && buffer.byteLength === chunk.byteLength;
  if (owned && buffer.byteLength >= RELEASED_FROM_BYTES) buffer.transfer(0);
}
