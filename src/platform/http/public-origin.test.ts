import { describe, expect, test } from 'vitest';
import { createOrigins } from './public-origin.ts';

const view = (host: string, scheme: 'http' | 'https' = 'http') => ({ host, scheme, address: '192.0.2.1' });

describe('generated addresses', () => {
  test.each([
    ['reg.test', 'https://reg.test'],
    ['REG.test', 'https://reg.test'],
    ['reg.test:443', 'https://reg.test'],
    ['intern.test:8443', 'https://intern.test:8443'],
    ['intern.test', 'https://reg.test'],
    ['evil.test', 'https://reg.test'],
  ])('for a client that used %s begin with %s', (host, origin) => {
    expect(createOrigins({ hosts: ['reg.test', 'intern.test:8443'], https: true })(view(host))).toBe(origin);
  });

  test('follow the client where no name is configured, but never to what is no host', () => {
    const originOf = createOrigins({ hosts: [], https: false });
    expect(originOf(view('any.test:5000'))).toBe('http://any.test:5000');
    expect(originOf(view('any.test', 'https'))).toBe('https://any.test');
    expect(originOf(view('a"b'))).toBe('http://localhost');
  });
});
