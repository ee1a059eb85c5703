import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLogger } from './create-logger.ts';
import { formatText } from './format-text.ts';

function logged(fields: object, message: string): string {
  const lines: string[] = [];
  createLogger({ level: 'info', destination: { write: (line) => void lines.push(line) } }).info(fields, message);
  return formatText(lines[0] ?? '');
}

test('a line is time, level, message and fields', () => {
  expect(logged({ status: 404, path: '/v2/a/b', agent: 'curl 8', err: null }, 'request')).toMatch(
    /^\d{4}-\d\d-\d\dT[\d:.]+Z INFO {2}request status=404 path=\/v2\/a\/b agent="curl 8" err=null\n$/,
  );
  expect(formatText('no JSON\n')).toBe('no JSON\n');
});

test('nothing that is logged makes another line, or moves the cursor of a terminal', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (message, value) => {
      const text = logged({ value }, message);
      expect(text.slice(0, -1)).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
      expect(text.endsWith('\n')).toBe(true);
    }),
  );
});
