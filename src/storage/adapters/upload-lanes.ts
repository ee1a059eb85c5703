import type { UploadReply, UploadRequest } from './upload-messages.ts';

/** One place where uploads are written, in the order of the calls. */
export interface UploadLane {
  readonly alive: boolean;
  /** Rejects with an AppError when the lane dies; a request's own failure is in the reply. */
  call(request: UploadRequest): Promise<UploadReply>;
  close(): Promise<void>;
}

/** Bounds what is remembered about uploads that were never finished. */
const MAX_OWNERS = 10_000;

/**
 * Spreads uploads over lanes. An upload stays with the lane that knows its sums; a new one goes to the lane with the
 * least to do. Lanes are started when they are first needed, and a dead one is replaced by the next upload.
 */
export class UploadLanes {
  readonly #count: number;
  readonly #start: () => UploadLane;
  readonly #owners = new Map<string, UploadLane>();
  /** Request bodies and finishing uploads, by lane. */
  readonly #load = new Map<UploadLane, number>();

  constructor(options: { readonly count: number; readonly start: () => UploadLane }) {
    this.#count = options.count;
    this.#start = options.start;
  }

  /** The lane of this upload; counts as work until `release`. */
  acquire(uploadId: string): UploadLane {
    const owner = this.#owners.get(uploadId);
    const lane = owner?.alive === true ? owner : this.#leastLoaded();
    this.#owners.delete(uploadId);
    this.#owners.set(uploadId, lane);
    if (this.#owners.size > MAX_OWNERS) {
      const [oldest] = this.#owners.keys();
      if (oldest !== undefined) this.#owners.delete(oldest);
    }
    this.#load.set(lane, (this.#load.get(lane) ?? 0) + 1);
    return lane;
  }

  release(lane: UploadLane): void {
    const load = this.#load.get(lane);
    if (load !== undefined) this.#load.set(lane, load - 1);
  }

  /** The upload is gone. */
  forget(uploadId: string): void {
    this.#owners.delete(uploadId);
  }

  async close(): Promise<void> {
    const lanes = [...this.#load.keys()];
    this.#load.clear();
    this.#owners.clear();
    await Promise.all(lanes.map((lane) => lane.close()));
  }

  #leastLoaded(): UploadLane {
    let best: UploadLane | undefined;
    for (const [lane, load] of this.#load) {
      if (!lane.alive) this.#load.delete(lane);
      else if (best === undefined || load < (this.#load.get(best) ?? 0)) best = lane;
    }
    if (best !== undefined && (this.#load.get(best) === 0 || this.#load.size >= this.#count)) return best;
    const started = this.#start();
    this.#load.set(started, 0);
    return started;
  }
}
