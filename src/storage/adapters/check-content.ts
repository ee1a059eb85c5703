import { AppError } from '../../kernel/errors.ts';
import { digestAlgorithm, type Digest } from '../../kernel/digest.ts';
import type { StoredBlob } from '../ports.ts';

/** Throws SIZE_INVALID when an upload holds another number of bytes than its writers counted. */
export function checkSize(storedBytes: number, announcedBytes: number): void {
  if (storedBytes === announcedBytes) return;
  throw new AppError(
    'SIZE_INVALID',
    `The upload holds ${storedBytes} bytes and not ${announcedBytes}; upload it again`,
    {
      detail: { stored: storedBytes, announced: announcedBytes },
    },
  );
}

/** Throws DIGEST_INVALID when the content is not what the client named. */
export function checkDigest(content: StoredBlob, expected: Digest): void {
  const algorithm = digestAlgorithm(expected);
  const actual = content[algorithm];
  if (actual === expected) return;
  throw new AppError(
    'DIGEST_INVALID',
    `The content has another ${algorithm} sum than the digest says; upload it again`,
    {
      detail: { digest: expected, received: actual },
    },
  );
}
