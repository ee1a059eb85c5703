import { createHash, type Hash } from 'node:crypto';
import { digestOf, type Digest, type DigestAlgorithm } from '../../kernel/digest.ts';

/** The sums of the bytes seen so far. sha256 is always known; sha512 only when it was asked for from the first byte. */
export class RunningSums {
  readonly #sha256: Hash;
  readonly #sha512: Hash | undefined;

  private constructor(sha256: Hash, sha512: Hash | undefined) {
    this.#sha256 = sha256;
    this.#sha512 = sha512;
  }

  static start(algorithm: DigestAlgorithm): RunningSums {
    return new RunningSums(createHash('sha256'), algorithm === 'sha512' ? createHash('sha512') : undefined);
  }

  update(data: Uint8Array): void {
    this.#sha256.update(data);
    this.#sha512?.update(data);
  }

  copy(): RunningSums {
    return new RunningSums(this.#sha256.copy(), this.#sha512?.copy());
  }

  knows(algorithm: DigestAlgorithm): boolean {
    return algorithm === 'sha256' || this.#sha512 !== undefined;
  }

  /** The digests of what was seen so far; more may follow. */
  digests(): { readonly sha256: Digest; readonly sha512: Digest | undefined } {
    return {
      sha256: digestOf('sha256', this.#sha256.copy().digest('hex')),
      sha512: this.#sha512 === undefined ? undefined : digestOf('sha512', this.#sha512.copy().digest('hex')),
    };
  }
}
