import type { ServerResponse } from 'node:http';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import { createBufferPool, type BlobReader, type BufferPool } from '../storage/index.ts';
import { ConnectionCloses } from './connection-close.ts';
import { watchProgress } from './idle-limit.ts';

/**
 * Each download uses two buffers: one is being filled while the other is being sent. Larger ones save trips to the thread
 * that reads; the buffers of many downloads would push each other out of the processor's cache and fill the memory.
 */
const FEW = { downloads: 4, sizeBytes: 512 * 1024, maxIdle: 8 };
/** Each piece passes through the cipher and its own buffers, so that large ones pay for more downloads at once. */
const FEW_ENCRYPTED = { downloads: 8, sizeBytes: 1024 * 1024, maxIdle: 16 };
const MANY = { sizeBytes: 256 * 1024, maxIdle: 32 };
const DEFAULT_IDLE_MS = 600_000;

export interface BlobSenderOptions {
  readonly clock: Clock;
  /** A client that takes nothing for this long (milliseconds, up to twice as long) is cut off; default 10 minutes. */
  readonly idleMs?: number;
}

export interface SentBlob {
  /** Bytes that were handed to the network. */
  readonly sentBytes: number;
  /** `closed`: the client went away; `stalled`: it took nothing for too long and was cut off. */
  readonly end: 'complete' | 'closed' | 'stalled';
}

/**
 * Sends the bytes from `start` to `endExclusive` of a blob as the body of a response whose status and headers are set, with
 * a `Content-Length` of exactly that many bytes. To HEAD only the headers go. Closes the reader in every case.
 * Errors: STORAGE_FAILED when the stored bytes cannot be read or end too early; if the answer has begun, its connection is
 * destroyed then, so that the client sees a broken transfer.
 */
export type SendBlob = (
  res: ServerResponse,
  reader: BlobReader,
  start: number,
  endExclusive: number,
) => Promise<SentBlob>;

/** The buffers of all downloads come from the pools of the returned function. */
export function createBlobSender(options: BlobSenderOptions): SendBlob {
  const { clock, idleMs = DEFAULT_IDLE_MS } = options;
  const fewPool = createBufferPool(FEW);
  const fewEncryptedPool = createBufferPool(FEW_ENCRYPTED);
  const manyPool = createBufferPool(MANY);
  let downloads = 0;
  const poolFor = (encrypted: boolean): BufferPool => {
    if (encrypted) return downloads < FEW_ENCRYPTED.downloads ? fewEncryptedPool : manyPool;
    return downloads < FEW.downloads ? fewPool : manyPool;
  };
  const closes = new ConnectionCloses();

  return async (res, reader, start, endExclusive) => {
    const { socket } = res.req;
    const transfer = new Transfer(res, poolFor('encrypted' in socket));
    downloads += 1;
    const forget = closes.onClose(socket, () => transfer.lose('closed'));
    const unwatch = watchProgress(
      clock,
      idleMs,
      () => transfer.sentBytes,
      () => {
        transfer.lose('stalled');
        socket.destroy();
      },
    );
    try {
      if (res.req.method === 'HEAD') await transfer.finish();
      else await transfer.run(reader, start, endExclusive);
      return { sentBytes: transfer.sentBytes, end: transfer.lost ?? 'complete' };
    } catch (error) {
      // The promised bytes will not come: only a broken connection tells the client. The caller hears of it first, lest he
      // take it for a client that went away.
      if (res.headersSent) setImmediate(() => socket.destroy());
      throw error;
    } finally {
      downloads -= 1;
      unwatch();
      forget();
      transfer.releaseBuffers();
      await reader.close();
    }
  };
}

/** One body on its way. */
class Transfer {
  sentBytes = 0;
  lost: 'closed' | 'stalled' | undefined;
  readonly #res: ServerResponse;
  readonly #pool: BufferPool;
  #settle: ((sent: boolean) => void) | undefined;
  #buffers: Uint8Array<ArrayBuffer>[] = [];

  constructor(res: ServerResponse, pool: BufferPool) {
    this.#res = res;
    this.#pool = pool;
  }

  /** The connection is gone: nothing more is written, and nothing that was is waited for. */
  lose(how: 'closed' | 'stalled'): void {
    this.lost ??= how;
    this.#settle?.(false);
  }

  async run(reader: BlobReader, start: number, endExclusive: number): Promise<void> {
    let position = start;
    const readNext = async (buffer: Uint8Array): Promise<number | AppError> => {
      const part = buffer.subarray(0, Math.min(buffer.byteLength, endExclusive - position));
      return readFully(reader, part, position);
    };
    if (start === endExclusive) return this.finish();

    let current = this.#take();
    let filled = await readNext(current);
    while (this.lost === undefined) {
      if (typeof filled !== 'number') throw filled;
      position += filled;
      const chunk = current.subarray(0, filled);
      if (position === endExclusive) return this.#send(current, (done) => this.#res.end(chunk, done), filled);

      const sent = this.#send(current, (done) => this.#res.write(chunk, done), filled);
      const other = this.#buffers.find((buffer) => buffer !== current) ?? this.#take();
      const reading = readNext(other);
      try {
        await sent;
      } finally {
        filled = await reading;
      }
      current = other;
    }
  }

  /** Ends a response without (further) body. */
  finish(): Promise<void> {
    return this.#send(undefined, (done) => this.#res.end(done), 0);
  }

  /** Gives back what nobody reads any more. */
  releaseBuffers(): void {
    for (const buffer of this.#buffers) this.#pool.give(buffer.buffer);
    this.#buffers = [];
  }

  #take(): Uint8Array<ArrayBuffer> {
    const buffer = new Uint8Array(this.#pool.take());
    this.#buffers.push(buffer);
    return buffer;
  }

  /** Resolves when the network has taken the bytes or will never take them. */
  async #send(
    buffer: Uint8Array | undefined,
    write: (done: (error?: Error | null) => void) => void,
    bytes: number,
  ): Promise<void> {
    if (this.lost !== undefined) return;
    const sent = await new Promise<boolean>((resolve) => {
      this.#settle = resolve;
      write((error) => resolve(error === undefined || error === null));
    });
    this.#settle = undefined;
    if (sent) {
      this.sentBytes += bytes;
      return;
    }
    this.lost ??= 'closed';
    // A write that was cut off may still look at its buffer: that one is not used again.
    this.#buffers = this.#buffers.filter((other) => other !== buffer);
  }
}

/** Fills the target, or says why it could not. */
async function readFully(reader: BlobReader, target: Uint8Array, position: number): Promise<number | AppError> {
  try {
    const read = await reader.read(target, position);
    if (read === target.byteLength) return read;
    return new AppError('STORAGE_FAILED', 'Could not read the blob: fewer bytes are stored than were written', {
      detail: { position: position + read },
    });
  } catch (error) {
    if (error instanceof AppError) return error;
    return new AppError('STORAGE_FAILED', 'Could not read the blob; try again later', { cause: error });
  }
}
