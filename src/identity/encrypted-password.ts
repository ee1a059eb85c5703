import type { SecretBox } from '../platform/crypto/index.ts';

const PURPOSE = 'encrypted_password';
/** Longest text that is tried: a password of the maximum length, sealed. */
const SEALED_MAX = 4096;

/**
 * A password in a form that can stand in a client's configuration (Quay's "encrypted password"): it signs in where the
 * password does, and is void when the password or the instance's secret key changes.
 */
export interface EncryptedPasswords {
  encrypt(password: string): string;
  /** The password inside, or undefined when the text is not of our making. */
  decrypt(text: string): string | undefined;
}

export function createEncryptedPasswords(box: SecretBox): EncryptedPasswords {
  return {
    encrypt: (password) => box.seal(password, PURPOSE),
    decrypt(text) {
      if (!text.startsWith('v1.') || text.length > SEALED_MAX) return undefined;
      try {
        return box.open(text, PURPOSE);
      } catch {
        // A password may well begin like a sealed text.
        return undefined;
      }
    },
  };
}
