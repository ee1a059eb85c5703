import { isSensitiveKey } from '../../kernel/sensitive-key.ts';
import { findQuayKey } from './quay-keys/find-quay-key.ts';
import { Secret } from './secret.ts';

const SHOWN = '[redacted]';

/**
 * A value as it may be shown: secrets are replaced, those inside it too.
 * @param read What the code makes of it, where a slice declares the key.
 */
export function showValue(key: string, written: unknown, read?: unknown): unknown {
  const quay = findQuayKey(key);
  const isSecret =
    read instanceof Secret ||
    quay?.type.secret === true ||
    (quay === undefined && read === undefined && isSensitiveKey(key));
  return isSecret ? SHOWN : hideInside(written);
}

function hideInside(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hideInside);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name, isSensitiveKey(name) ? SHOWN : hideInside(part)]),
  );
}
