import { randomBytes } from 'node:crypto';

const UPPER_CASE = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const MIXED_CASE = `${UPPER_CASE}abcdefghijklmnopqrstuvwxyz`;

/** Random letters and digits, 5.95 bits each, for secrets that people copy. */
export function randomText(length: number): string {
  return randomOf(MIXED_CASE, length);
}

/** The same in upper case only, 5.17 bits each. */
export function randomUpperCase(length: number): string {
  return randomOf(UPPER_CASE, length);
}

function randomOf(alphabet: string, length: number): string {
  // Bytes above the last multiple of the alphabet's length would make its first letters likelier.
  const fairBytes = 256 - (256 % alphabet.length);
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length * 2)) {
      if (byte < fairBytes && text.length < length) text += alphabet[byte % alphabet.length];
    }
  }
  return text;
}
