import fc from 'fast-check';
import { expect, test } from 'vitest';
import { propertyRuns } from '../../../test/support/property-runs.ts';
import { addressFault, redirectUriFault, withParameters } from './redirect-uri.ts';

test.each([
  '',
  'https://app.example.org',
  'https://app.example.org/callback',
  'https://app.example.org:8443/a/b?x=1&y=%20',
  'http://127.0.0.1:3000/callback',
  'http://[::1]:3000/callback',
])('%j can be registered', (uri) => {
  expect(redirectUriFault(uri)).toBeUndefined();
});

test.each([
  'app.example.org/callback',
  '/callback',
  '//app.example.org/callback',
  'https:app.example.org',
  'https:/app.example.org/callback',
  'https:\\\\app.example.org/callback',
  'https://app.example.org\\@evil.example/callback',
  'https://app.example.org@evil.example/callback',
  'https://user:secret@app.example.org/callback',
  'https://app.example.org/callback#token',
  'https://app.example.org/callback#',
  'https://app.example.org/a/../callback',
  'https://app.example.org/a/%2e%2e/callback',
  'https://app.example.org/call back',
  'https://app.example.org/callback\nSet-Cookie: x=1',
  ' https://app.example.org/callback',
  'https://APP.example.org/callback',
  'https://app.example.org:443/callback',
  'https://аpp.example.org/callback',
  'javascript:alert(1)//https://app.example.org',
  'data:text/html,x',
  'file:///etc/passwd',
  'com.example.app:/callback',
  `https://app.example.org/${'x'.repeat(2048)}`,
])('%j cannot', (uri) => {
  expect(redirectUriFault(uri)).toMatch(/redirect_uri/);
});

test('a home page may have a fragment, and runs no script', () => {
  expect(addressFault('application_uri', 'https://app.example.org/#about')).toBeUndefined();
  expect(addressFault('application_uri', 'javascript:alert(1)')).toContain('application_uri');
});

test('a registered address is what a browser makes of it, whoever wrote it', () => {
  fc.assert(
    fc.property(fc.oneof(fc.webUrl({ withFragments: true, withQueryParameters: true }), fc.string()), (text) => {
      if (text === '' || redirectUriFault(text) !== undefined) return;
      const url = new URL(text);
      expect([text, `${text}/`]).toContain(url.href);
      expect([url.hash, url.username, url.password]).toEqual(['', '', '']);
    }),
    { numRuns: propertyRuns(200) },
  );
});

test('answers are added behind what the address has', () => {
  const answer = { code: 'a b&c', state: undefined };
  expect(withParameters('https://a.example/cb', 'query', answer)).toBe('https://a.example/cb?code=a+b%26c');
  expect(withParameters('https://a.example/cb?x=1', 'query', answer)).toBe('https://a.example/cb?x=1&code=a+b%26c');
  expect(withParameters('https://a.example/cb?x=1', 'fragment', answer)).toBe('https://a.example/cb?x=1#code=a+b%26c');
});
