const LEVEL_WIDTH = 5;

/**
 * A line of the log for people: time, level, message, then the other fields as `name=value`. Values that are not plain words
 * are JSON, so that nothing a client sends can look like another field or line.
 */
export function formatText(json: string): string {
  const record = parseRecord(json);
  if (record === undefined) return json;
  const { time, level, msg, ...fields } = record;
  const head = [textOf(time), textOf(level).toUpperCase().padEnd(LEVEL_WIDTH), oneLine(textOf(msg))];
  const rest = Object.entries(fields).map(([name, value]) => `${name}=${formatValue(value)}`);
  return `${[...head, ...rest].join(' ').trimEnd()}\n`;
}

function parseRecord(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
}

/** JSON escapes control characters below U+0020 only; a terminal obeys some above, too. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, escapeChar);
}

function escapeChar(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function formatValue(value: unknown): string {
  if (typeof value === 'string' && /^[\w.:/@+-]+$/.test(value)) return value;
  return oneLine(JSON.stringify(value));
}
