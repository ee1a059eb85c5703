/** A digest that has passed {@link parseDigest}: `<algorithm>:<lower-case hex>` of a supported algorithm. */
export type Digest = string & { readonly __brand: 'Digest' };

const HEX_LENGTH = { sha256: 64, sha512: 128 } as const;

export type DigestAlgorithm = keyof typeof HEX_LENGTH;

export const DIGEST_ALGORITHMS: readonly DigestAlgorithm[] = ['sha256', 'sha512'];

const HEX = /^[0-9a-f]+$/;

/**
 * Parses a digest (image-spec descriptor.md "Digests"). Only the registered algorithms sha256 and sha512 are known,
 * and their encoding is lower-case hexadecimal of exactly 64 or 128 characters.
 * @returns undefined when the text is malformed or of another algorithm.
 */
export function parseDigest(text: string): Digest | undefined {
  const colon = text.indexOf(':');
  const algorithm = text.slice(0, Math.max(colon, 0));
  if (!isDigestAlgorithm(algorithm)) return undefined;
  if (text.length - colon - 1 !== HEX_LENGTH[algorithm]) return undefined;
  return HEX.test(text.slice(colon + 1)) ? (text as Digest) : undefined;
}

export function isDigestAlgorithm(text: string): text is DigestAlgorithm {
  return text === 'sha256' || text === 'sha512';
}

/** Builds a digest from an algorithm and the lower-case hex of its sum; throws when they do not fit together. */
export function digestOf(algorithm: DigestAlgorithm, hex: string): Digest {
  const digest = parseDigest(`${algorithm}:${hex}`);
  if (digest === undefined) throw new Error(`"${hex}" is not the hex form of a ${algorithm} sum`);
  return digest;
}

export function digestAlgorithm(digest: Digest): DigestAlgorithm {
  return digest.startsWith('sha512') ? 'sha512' : 'sha256';
}

export function digestHex(digest: Digest): string {
  return digest.slice(7);
}
