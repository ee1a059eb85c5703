import { describe, expect, test } from 'vitest';
import { loadConfig } from '../config/index.ts';
import { tlsConfig, tlsParameters } from './config.ts';

const load = (file: object) =>
  tlsParameters(loadConfig({ fields: tlsConfig, file: { name: 'config.yaml', text: JSON.stringify(file) } }).values);

describe('protocols and ciphers', () => {
  test('by default are TLS 1.2 and 1.3, the cheapest safe cipher first', () => {
    const { ciphers, ...versions } = load({});
    expect(versions).toMatchObject({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', honorCipherOrder: true });
    expect(ciphers).toMatch(/^TLS_AES_128_GCM_SHA256:/);
  });

  test('are taken as Quay has them, in a list or in one text', () => {
    expect(load({ SSL_PROTOCOLS: ['TLSv1.3'] })).toMatchObject({ minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' });
    const { ciphers } = load({
      SSL_CIPHERS: 'ECDHE-RSA-AES256-GCM-SHA384:AES256-SHA',
      SSL_CIPHERSUITES: ['TLS_AES_256_GCM_SHA384'],
    });
    expect(ciphers).toBe('TLS_AES_256_GCM_SHA384:ECDHE-RSA-AES256-GCM-SHA384:AES256-SHA');
  });

  test.each([
    [{ SSL_PROTOCOLS: ['TLSv1', 'TLSv1.2'] }, '"TLSv1" cannot be served; list TLSv1.2, TLSv1.3 or both'],
    [{ SSL_PROTOCOLS: [] }, 'at least one name'],
    [{ SSL_CIPHERS: ['ECDHE-RSA-AES128-GCM-SHA265'] }, 'knows no cipher "ECDHE-RSA-AES128-GCM-SHA265"'],
    [{ SSL_CIPHERS: ['TLS_AES_128_GCM_SHA256'] }, 'under SSL_CIPHERSUITES'],
    [{ SSL_CIPHERSUITES: ['AES256-SHA'] }, 'under SSL_CIPHERS'],
    [{ SSL_CIPHERSUITES: ['TLS_AES_512_GCM'] }, 'knows no cipher'],
  ])('that cannot be are refused: %j', (file, message) => {
    expect(() => load(file)).toThrow(message);
  });
});
