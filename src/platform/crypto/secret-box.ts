import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, scrypt } from 'node:crypto';

const VERSION = 'v1';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
// The salt is fixed because every node must derive the same keys from the configured text alone.
const SALT = 'gantry secret box v1';

/** Encrypts small secrets at rest and derives further keys; everything follows from the instance's secret key. */
export interface SecretBox {
  /**
   * Encrypts with AES-256-GCM into `v1.<base64url>`.
   * @param purpose what the secret is and where it is kept (`service_key:<kid>`); {@link open} needs the same text, so
   *   that a stored secret cannot be passed off as another one.
   */
  seal(plaintext: string, purpose: string): string;
  /** Undoes {@link seal}. Throws when the text was changed, or sealed with another key or for another purpose. */
  open(sealed: string, purpose: string): string;
  /** A 32-byte key for one purpose; the same on every node and after every restart. */
  deriveKey(purpose: string): Buffer;
  /** Tells secret keys apart without giving them away: 32 hex characters. */
  readonly fingerprint: string;
}

/**
 * Derives the keys from `secretKey`, which may be any non-empty text (as Quay's DATABASE_SECRET_KEY). Takes about
 * 50 ms on the thread pool, since the text may be a guessable one.
 */
export async function createSecretBox(secretKey: string): Promise<SecretBox> {
  if (secretKey === '') throw new Error('The secret key is empty; set DATABASE_SECRET_KEY to a long random text');
  const root = await stretch(secretKey);
  const deriveKey = (purpose: string): Buffer => Buffer.from(hkdfSync('sha256', root, SALT, purpose, 32));
  const sealingKey = deriveKey('seal');
  return {
    seal: (plaintext, purpose) => seal(sealingKey, plaintext, purpose),
    open: (sealed, purpose) => open(sealingKey, sealed, purpose),
    deriveKey: (purpose) => deriveKey(`derived:${purpose}`),
    fingerprint: deriveKey('fingerprint').toString('hex', 0, 16),
  };
}

function stretch(secretKey: string): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  scrypt(secretKey, SALT, 32, { N: 16_384, r: 8, p: 1 }, (error, key) => {
    if (error === null) resolve(key);
    else reject(error);
  });
  return promise;
}

function seal(key: Buffer, plaintext: string, purpose: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(purpose));
  const parts = [nonce, cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()];
  return `${VERSION}.${Buffer.concat(parts).toString('base64url')}`;
}

function open(key: Buffer, sealed: string, purpose: string): string {
  const bytes = Buffer.from(sealed.slice(VERSION.length + 1), 'base64url');
  if (!sealed.startsWith(`${VERSION}.`) || bytes.length < NONCE_BYTES + TAG_BYTES) {
    throw new Error(`The stored secret for "${purpose}" is not in a known format`);
  }
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(purpose)).setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    const plaintext = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
    return Buffer.concat([plaintext, decipher.final()]).toString('utf8');
  } catch (cause) {
    throw new Error(`The stored secret for "${purpose}" cannot be decrypted; it was changed or uses another key`, {
      cause,
    });
  }
}
