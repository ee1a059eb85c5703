import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMailAddress } from './mail-address.ts';

describe('an e-mail address', () => {
  it.each([
    'ada@example.org',
    'a@b',
    "o'neil+tag@mail.example.org",
    'a.b-c_d@x1.example',
    `${'a'.repeat(64)}@example.org`,
  ])('may be %s', (text) => expect(isMailAddress(text)).toBe(true));

  it.each([
    '',
    'ada',
    '@example.org',
    'ada@',
    'ada@@example.org',
    'ada@example.org,eve@example.org',
    'ada@example.org\r\nBcc: eve@example.org',
    'ada @example.org',
    '<ada@example.org>',
    '"ada"@example.org',
    '.ada@example.org',
    'ada.@example.org',
    'a..b@example.org',
    'ada@-example.org',
    'ada@example..org',
    'ada@[127.0.0.1]',
    'аda@example.org',
    `${'a'.repeat(65)}@example.org`,
    `a@${'b.'.repeat(130)}org`,
  ])('is not %j', (text) => expect(isMailAddress(text)).toBe(false));

  it('holds no character that means something in a header or a command', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.constantFrom('\r', '\n', ' ', ',', ';', '<', '>', '(', ')', ':', '"', '\\', '\0', '[', ']'),
        (text, sign) => {
          expect(isMailAddress(`a${text}${sign}@example.org`)).toBe(false);
          expect(isMailAddress(`a@${sign}${text}`)).toBe(false);
        },
      ),
    );
  });
});
