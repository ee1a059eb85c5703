/** Answers kept for one query, and the bytes in them (blobs only) at most. */
const ANSWERS_MAX = 2000;
const BYTES_MAX = 4 * 1024 * 1024;

/** The rows that one query has answered with in the newest generation of the database. */
export class ReadMemory<R> {
  #generation: number | undefined;
  #answers = new Map<string, readonly R[]>();
  #bytes = 0;

  recall(generation: number | undefined, key: string): readonly R[] | undefined {
    return generation === this.#generation ? this.#answers.get(key) : undefined;
  }

  /** @param generation that of before the rows were read; undefined: nothing is kept. */
  keep(generation: number | undefined, key: string, rows: readonly R[]): void {
    if (generation === undefined) return;
    const bytes = bytesOf(rows);
    const isFull = this.#answers.size >= ANSWERS_MAX || this.#bytes + bytes > BYTES_MAX;
    if (isFull || generation !== this.#generation) {
      this.#generation = generation;
      this.#answers = new Map();
      this.#bytes = 0;
    }
    if (bytes > BYTES_MAX) return;
    this.#answers.set(key, rows);
    this.#bytes += bytes;
  }
}

function bytesOf(rows: readonly unknown[]): number {
  let bytes = 0;
  for (const row of rows) {
    if (typeof row !== 'object' || row === null) continue;
    for (const value of Object.values(row)) if (ArrayBuffer.isView(value)) bytes += value.byteLength;
  }
  return bytes;
}
