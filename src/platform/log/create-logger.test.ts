import { describe, expect, test } from 'vitest';
import { createLogger } from './index.ts';

function capture(): { lines: string[]; write(line: string): void } {
  const lines: string[] = [];
  return { lines, write: (line) => void lines.push(line) };
}

const SECRET = 'hunter2hunter2';

describe('createLogger', () => {
  test.each([
    ['authorization header', { headers: { Authorization: `Bearer ${SECRET}` } }],
    ['cookies', { req: { cookie: [`session=${SECRET}`], 'Set-Cookie': SECRET } }],
    ['password at any depth', { a: { b: { c: [{ db_password: SECRET }] } } }],
    ['numeric passwords', { password: SECRET, other: { PIN_PASSWORD: 12_345_678 } }],
    ['tokens', { refresh_token: SECRET, accessToken: { value: SECRET } }],
    ['keys of the storage', { s3_secret_key: SECRET, s3_access_key: SECRET, SECURITY_SCANNER_V4_PSK: SECRET }],
    ['credentials in a URL', { uri: `postgresql://quay:${SECRET}@db/quay` }],
    ['header text', { header: `Basic ${SECRET}` }],
    ['query text', { url: `/v2/auth?password=${SECRET}&scope=x` }],
    ['JSON inside text', { body: JSON.stringify({ password: SECRET, n: 1 }) }],
    ['properties of errors', { err: Object.assign(new Error('x'), { token: SECRET }) }],
    ['causes of errors', { err: new Error('x', { cause: new Error(`bad url https://u:${SECRET}@h/`) }) }],
    ['toJSON', { any: { toJSON: () => ({ secret: SECRET }) } }],
  ])('does not write secrets: %s', (_name, fields) => {
    const out = capture();
    createLogger({ level: 'info', destination: out }).info(fields, 'message');
    expect(out.lines).toHaveLength(1);
    expect(out.lines[0]).not.toMatch(/hunter2|12345678/);
    expect(JSON.parse(out.lines[0] ?? '')).toMatchObject({ level: 'info', msg: 'message' });
  });

  test('redacts messages and the bindings of children', () => {
    const out = capture();
    const log = createLogger({ level: 'info', destination: out });
    log.child({ session: { token: SECRET }, request: 'r1' }).warn(`failed with token=${SECRET}`);
    expect(out.lines.join('')).not.toContain(SECRET);
    expect(JSON.parse(out.lines[0] ?? '')).toMatchObject({ request: 'r1', level: 'warn' });
  });

  test('keeps flags and ordinary fields', () => {
    const out = capture();
    createLogger({ level: 'info', destination: out }).info({ token: true, bytes: 12n, path: '/v2/a/tokens/list' }, 'x');
    expect(JSON.parse(out.lines[0] ?? '')).toMatchObject({ token: true, bytes: '12', path: '/v2/a/tokens/list' });
  });

  test('writes the whole chain of causes and survives cycles and depth', () => {
    const out = capture();
    const cycle: Record<string, unknown> = { name: 'a' };
    cycle['self'] = cycle;
    const err = new Error('outer', { cause: new Error('middle', { cause: new TypeError('inner') }) });
    createLogger({ level: 'info', destination: out }).error({ err, cycle }, 'x');
    const line: unknown = JSON.parse(out.lines[0] ?? '');
    expect(line).toMatchObject({
      err: { message: 'outer', cause: { message: 'middle', cause: { type: 'TypeError', message: 'inner' } } },
      cycle: { self: '[circular]' },
    });
  });
});
