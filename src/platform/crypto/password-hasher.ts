import { ARGON2_COST, type Argon2Cost, hasArgon2Cost, hashArgon2id, verifyArgon2id } from './argon2.ts';
import { createWorkPool } from './work-pool.ts';

/** Longest password (in UTF-16 units) that is looked at; a longer one is simply wrong. */
export const PASSWORD_MAX = 1024;

export type PasswordCheck = 'wrong' | 'right' | 'right-but-outdated';

/** Hashes and checks passwords, each about 50 ms of a CPU, in a pool of its own. */
export interface PasswordHasher {
  /** A new argon2id hash. Errors: TOO_MANY_REQUESTS when too many wait. */
  hash(password: string): Promise<string>;
  /**
   * Checks against an argon2id or bcrypt hash. Without a hash (no such account) it takes as long as with one and
   * answers `wrong`. `right-but-outdated`: store a new hash. Errors: TOO_MANY_REQUESTS when too many wait.
   */
  check(password: string, stored: string | undefined): Promise<PasswordCheck>;
}

export interface PasswordHasherOptions {
  readonly cost?: Argon2Cost;
  /** How many run at once; 2 leave half of the runtime's thread pool to everything else. */
  readonly concurrency?: number;
  /** How many may wait. */
  readonly queueLimit?: number;
}

const BCRYPT = /^\$2[aby]\$/;

export function createPasswordHasher(options: PasswordHasherOptions = {}): PasswordHasher {
  const { cost = ARGON2_COST, concurrency = 2, queueLimit = 64 } = options;
  const pool = createWorkPool(concurrency, queueLimit);
  const decoy = decoyHash(cost);

  async function check(password: string, stored: string | undefined): Promise<PasswordCheck> {
    if (stored !== undefined && BCRYPT.test(stored)) {
      // Loaded when the first account that came from Quay signs in: most instances have none.
      const bcrypt = await import('@node-rs/bcrypt');
      return (await bcrypt.verify(password, stored)) ? 'right-but-outdated' : 'wrong';
    }
    const right = await verifyArgon2id(password, stored ?? decoy);
    if (!right || stored === undefined) return 'wrong';
    return hasArgon2Cost(stored, cost) ? 'right' : 'right-but-outdated';
  }

  return {
    hash: (password) => pool.run(() => hashArgon2id(password, cost)),
    check: (password, stored) => pool.run(() => check(password.slice(0, PASSWORD_MAX + 1), stored)),
  };
}

/** A well-formed hash that nothing known leads to. */
function decoyHash(cost: Argon2Cost): string {
  const parameters = `m=${cost.memoryKib},t=${cost.passes},p=${cost.parallelism}`;
  return `$argon2id$v=19$${parameters}$${'A'.repeat(22)}$${'A'.repeat(43)}`;
}
