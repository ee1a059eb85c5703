import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';

/** Work factors of argon2id (RFC 9106 §3.1). */
export interface Argon2Cost {
  readonly memoryKib: number;
  readonly passes: number;
  readonly parallelism: number;
}

interface Argon2Hash extends Argon2Cost {
  readonly salt: Buffer;
  readonly tag: Buffer;
}

/** OWASP's recommendation for argon2id: 19 MiB, two passes, one lane. */
export const ARGON2_COST: Argon2Cost = { memoryKib: 19_456, passes: 2, parallelism: 1 };

// A stored hash decides what its check costs, and may come from an imported database.
const MAX_COST: Argon2Cost = { memoryKib: 262_144, passes: 16, parallelism: 16 };

const PHC = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]{11,88})\$([A-Za-z0-9+/]{22,88})$/;

/** Hashes into the PHC string format (`$argon2id$v=19$m=…,t=…,p=…$salt$tag`). */
export async function hashArgon2id(password: string, cost: Argon2Cost): Promise<string> {
  const salt = randomBytes(16);
  const tag = await derive(password, { ...cost, salt }, 32);
  const parameters = `m=${cost.memoryKib},t=${cost.passes},p=${cost.parallelism}`;
  return `$argon2id$v=19$${parameters}$${unpadded(salt)}$${unpadded(tag)}`;
}

/** False also when the stored text is malformed or asks for more work than 256 MiB, 16 passes and 16 lanes. */
export async function verifyArgon2id(password: string, stored: string): Promise<boolean> {
  const hash = parseArgon2id(stored);
  if (hash === undefined) return false;
  return timingSafeEqual(await derive(password, hash, hash.tag.length), hash.tag);
}

/** Whether the hash was made with exactly these work factors. */
export function hasArgon2Cost(stored: string, cost: Argon2Cost): boolean {
  const hash = parseArgon2id(stored);
  return hash?.memoryKib === cost.memoryKib && hash.passes === cost.passes && hash.parallelism === cost.parallelism;
}

function parseArgon2id(stored: string): Argon2Hash | undefined {
  const [, memory, passes, parallelism, salt = '', tag = ''] = PHC.exec(stored) ?? [];
  const cost = { memoryKib: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  const affordable =
    cost.parallelism >= 1 &&
    cost.parallelism <= MAX_COST.parallelism &&
    cost.passes >= 1 &&
    cost.passes <= MAX_COST.passes &&
    cost.memoryKib >= 8 * cost.parallelism &&
    cost.memoryKib <= MAX_COST.memoryKib;
  return affordable ? { ...cost, salt: Buffer.from(salt, 'base64'), tag: Buffer.from(tag, 'base64') } : undefined;
}

function derive(password: string, hash: Argon2Cost & { readonly salt: Buffer }, tagLength: number): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const parameters = {
    message: Buffer.from(password),
    nonce: hash.salt,
    memory: hash.memoryKib,
    passes: hash.passes,
    parallelism: hash.parallelism,
    tagLength,
  };
  argon2('argon2id', parameters, (error, key) => {
    if (error === null) resolve(key);
    else reject(error);
  });
  return promise;
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
