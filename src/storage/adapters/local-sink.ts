import type { AppError } from '../../kernel/errors.ts';
import type { BufferPool } from '../buffer-pool.ts';
import type { UploadSink } from '../ports.ts';
import { storageError } from './storage-error.ts';
import type { UploadLane } from './upload-lanes.ts';
import type { UploadBegin, UploadData, UploadReply, UploadRequest } from './upload-messages.ts';
import { fromFault } from './upload-service.ts';

export interface LocalSinkOptions {
  readonly lane: UploadLane;
  readonly pool: BufferPool;
  /** Number of this body within the lane. */
  readonly body: number;
  /** Sent along with the first message; undefined when the lane has begun this body already. */
  readonly begin: UploadBegin | undefined;
  /** Buffers on their way to the worker and back, less one. With the one being filled this bounds the memory of one upload. */
  readonly maxInFlight: () => number;
  /** Called once, when the body has ended in one way or another. */
  readonly release: () => void;
}

/** Gathers chunks into large buffers and passes these to the worker that hashes and writes them. */
export class LocalSink implements UploadSink {
  readonly #lane: UploadLane;
  readonly #pool: BufferPool;
  readonly #body: number;
  readonly #maxInFlight: () => number;
  readonly #release: () => void;
  #begin: UploadBegin | undefined;
  #gathering: Uint8Array<ArrayBuffer> | undefined;
  #gathered = 0;
  #inFlight = 0;
  #failure: AppError | undefined;
  #wake: (() => void) | undefined;

  constructor(options: LocalSinkOptions) {
    this.#lane = options.lane;
    this.#pool = options.pool;
    this.#body = options.body;
    this.#begin = options.begin;
    this.#maxInFlight = options.maxInFlight;
    this.#release = options.release;
  }

  write(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const taken = this.#gather(chunk);
    if (taken < chunk.byteLength) return this.#writeRest(chunk.subarray(taken));
    return this.#inFlight > this.#maxInFlight() ? this.#room() : undefined;
  }

  async end(options: { readonly durable: boolean }): Promise<number> {
    try {
      const message = { do: 'end', body: this.#body, begin: this.#begin, data: this.#detach() } as const;
      const { sizeBytes } = await this.#call({ ...message, durable: options.durable });
      if (sizeBytes === undefined) throw new Error('The upload worker did not tell the size of the upload');
      return sizeBytes;
    } finally {
      this.#release();
    }
  }

  async abort(): Promise<void> {
    try {
      const data = this.#detach();
      if (data !== undefined) this.#pool.give(data.buffer);
      // Nothing was sent yet: there is nothing to take back.
      if (this.#begin === undefined) await this.#call({ do: 'abort', body: this.#body });
    } finally {
      this.#release();
    }
  }

  /** Copies as much as may be taken now; returns how many bytes. */
  #gather(chunk: Uint8Array): number {
    let taken = 0;
    while (taken < chunk.byteLength && this.#inFlight <= this.#maxInFlight()) {
      this.#gathering ??= new Uint8Array(this.#pool.take());
      const part = Math.min(chunk.byteLength - taken, this.#gathering.byteLength - this.#gathered);
      this.#gathering.set(part === chunk.byteLength ? chunk : chunk.subarray(taken, taken + part), this.#gathered);
      this.#gathered += part;
      taken += part;
      if (this.#gathered === this.#gathering.byteLength) this.#flush();
    }
    return taken;
  }

  async #writeRest(chunk: Uint8Array): Promise<void> {
    for (let taken = 0; taken < chunk.byteLength;) {
      await this.#room();
      taken += this.#gather(chunk.subarray(taken));
    }
    if (this.#inFlight > this.#maxInFlight()) await this.#room();
  }

  #flush(): void {
    const message = { do: 'write', body: this.#body, begin: this.#begin, data: this.#detach() } as const;
    this.#begin = undefined;
    this.#inFlight += 1;
    this.#call(message)
      .catch((error: unknown) => {
        this.#failure ??= storageError(error, 'store the upload');
      })
      .finally(() => {
        this.#inFlight -= 1;
        this.#wake?.();
      });
  }

  /** Resolves when another buffer may be sent; rejects when the storage has failed. */
  async #room(): Promise<void> {
    while (this.#failure === undefined && this.#inFlight > this.#maxInFlight()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  #detach(): UploadData | undefined {
    if (this.#gathering === undefined) return undefined;
    const data = { buffer: this.#gathering.buffer, length: this.#gathered };
    this.#gathering = undefined;
    this.#gathered = 0;
    return data;
  }

  async #call(request: UploadRequest): Promise<UploadReply> {
    const reply = await this.#lane.call(request);
    if (reply.buffer !== undefined) this.#pool.give(reply.buffer);
    if (reply.fault !== undefined) throw fromFault(reply.fault);
    return reply;
  }
}
