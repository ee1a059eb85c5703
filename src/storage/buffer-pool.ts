/** Buffers of one size that are used again, because a fresh one costs a page fault per 4 KiB when it is filled. */
export interface BufferPool {
  readonly sizeBytes: number;
  /** A buffer with unspecified content. */
  take(): ArrayBuffer;
  /** Gives a buffer back that nobody writes to or reads from any more. */
  give(buffer: ArrayBuffer): void;
  /** Buffers lying idle. */
  readonly idle: number;
}

/**
 * Never refuses a buffer: those who take them bound their own number. The pool only bounds what it keeps.
 * @param maxIdle How many buffers are kept for later use; what is given back beyond is left to the garbage collector.
 */
export function createBufferPool(options: { readonly sizeBytes: number; readonly maxIdle: number }): BufferPool {
  const { sizeBytes, maxIdle } = options;
  const idle: ArrayBuffer[] = [];
  return {
    sizeBytes,
    take: () => idle.pop() ?? new ArrayBuffer(sizeBytes),
    give(buffer) {
      // A detached buffer (byteLength 0) went to another thread and is no longer ours.
      if (buffer.byteLength === sizeBytes && idle.length < maxIdle) idle.push(buffer);
    },
    get idle() {
      return idle.length;
    },
  };
}
