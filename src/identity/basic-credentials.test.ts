import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseBasicCredentials } from './basic-credentials.ts';

test('reads back what a client sends', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (login, secret) => {
      fc.pre(!login.includes(':'));
      const header = `Basic ${Buffer.from(`${login}:${secret}`).toString('base64')}`;
      expect(parseBasicCredentials(header)).toEqual({ login, secret });
    }),
  );
});

test('the scheme is not case-sensitive', () => {
  expect(parseBasicCredentials('bASIC YTpi')).toEqual({ login: 'a', secret: 'b' });
});

test.each(['', 'Basic', 'Basic ', 'Basic YWI=', 'Bearer YTpi', 'Basic a:b', 'Basic YTpi YTpi'])(
  '%j is refused',
  (header) => {
    expect(parseBasicCredentials(header)).toBeUndefined();
  },
);
