import { isSensitiveKey } from '../../kernel/sensitive-key.ts';

const REDACTED = '[redacted]';

/** Deepest level and longest list that is logged; what lies beyond is replaced by a mark. */
const MAX_DEPTH = 8;
const MAX_ITEMS = 100;

/** Secrets that hide inside text: credentials in URLs, `Authorization` values, JSON web tokens, `key=value` pairs. */
const TEXT_PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/(\b[a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/@"\\]{1,500}@/gi, `$1${REDACTED}@`],
  [/\b(bearer|basic)\s+[\w.~+/=-]{4,}/gi, `$1 ${REDACTED}`],
  // A secret that is a part of a path, as Quay has it.
  [/(\/health\/enabledebug\/)[^\s"?#\\]+/gi, `$1${REDACTED}`],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, REDACTED],
  [
    /(\b[\w-]{0,40}(?:password|passwd|secret|token|api_?key|cookie)(?:=|:\s?|\\+"\s?:\s?(?:\\+")?))[^\s&"\\,;}\]]+/gi,
    `$1${REDACTED}`,
  ],
];

/**
 * Replaces credentials inside the strings of a line of JSON. No pattern matches a quote that opens or ends a string (inside
 * one they are escaped), so the line stays valid.
 */
export function redactLine(text: string): string {
  let result = text;
  for (const [pattern, replacement] of TEXT_PATTERNS) result = result.replace(pattern, replacement);
  return result;
}

/**
 * A copy of the fields of a log line without secrets: values under sensitive keys are replaced at any depth, errors become
 * plain objects with their whole chain of causes, depth and list length are bounded.
 */
export function redactFields(fields: Record<string, unknown>): Record<string, unknown> {
  return copyFields(fields, 0, new Set());
}

function copyFields(source: object, depth: number, parents: Set<object>): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(source)) {
    copy[key] = isSensitiveKey(key) && hidesSomething(value) ? REDACTED : copyValue(value, depth + 1, parents);
  }
  return copy;
}

function copyValue(value: unknown, depth: number, parents: Set<object>): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (parents.has(value)) return '[circular]';
  if (depth > MAX_DEPTH) return '[too deep]';
  if (value instanceof Date) return value;
  parents.add(value);
  const copy = copyObject(value, depth, parents);
  parents.delete(value);
  return copy;
}

function copyObject(value: object, depth: number, parents: Set<object>): unknown {
  if (value instanceof Error) return copyError(value, depth, parents);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => copyValue(item, depth + 1, parents));
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    const plain: unknown = value.toJSON();
    return plain === value ? '[circular]' : copyValue(plain, depth + 1, parents);
  }
  if (value instanceof Map || value instanceof Set) return `[${value.size} entries]`;
  return copyFields(value, depth, parents);
}

function copyError(error: Error, depth: number, parents: Set<object>): Record<string, unknown> {
  const copy: Record<string, unknown> = { type: error.name, message: error.message, stack: error.stack };
  for (const [key, value] of Object.entries(copyFields(error, depth, parents))) copy[key] ??= value;
  if (error.cause !== undefined) copy['cause'] = copyValue(error.cause, depth + 1, parents);
  if (error instanceof AggregateError) copy['errors'] = copyValue(error.errors, depth + 1, parents);
  return copy;
}

/** Flags and absent values tell nothing: `{ token: true }` may be logged. */
function hidesSomething(value: unknown): boolean {
  return value !== null && value !== undefined && typeof value !== 'boolean';
}
