import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { z } from 'zod';
import { type ConfigValues, defineConfig } from '../config/index.ts';

const PROTOCOLS = ['TLSv1.2', 'TLSv1.3'] as const;

// AES-128 first: it costs a quarter less than AES-256 on every byte of a download and nobody breaks it.
const SUITES = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];
const CIPHERS = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
];

export const tlsConfig = defineConfig({
  SSL_PROTOCOLS: {
    schema: names().transform((list, context) => {
      const known = PROTOCOLS.filter((protocol) => list.includes(protocol));
      const other = list.find((name) => !(PROTOCOLS as readonly string[]).includes(name));
      if (other === undefined && known.length > 0) return known;
      const message = `${other === undefined ? 'no version' : `"${other}"`} cannot be served; list TLSv1.2, TLSv1.3 or both`;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    }),
    default: PROTOCOLS,
    description: 'Versions of TLS that are offered; nothing older than 1.2',
  },
  SSL_CIPHERS: {
    schema: names().superRefine((list, context) => {
      if (list.some((name) => name.startsWith('TLS_'))) {
        context.addIssue({ code: 'custom', message: 'write the ciphers of TLS 1.3 (TLS_…) under SSL_CIPHERSUITES' });
      } else refuseUnknown(list, context);
    }),
    default: CIPHERS,
    description: 'Ciphers of TLS 1.2 by their OpenSSL names, best first',
  },
  SSL_CIPHERSUITES: {
    schema: names().superRefine((list, context) => {
      if (list.some((name) => !name.startsWith('TLS_'))) {
        context.addIssue({
          code: 'custom',
          message: 'write names like TLS_AES_128_GCM_SHA256; others go under SSL_CIPHERS',
        });
      } else refuseUnknown(list, context);
    }),
    default: SUITES,
    description: 'Cipher suites of TLS 1.3, best first',
  },
});

/** The protocol versions and ciphers of a TLS server. */
export function tlsParameters(config: ConfigValues<typeof tlsConfig>): SecureContextOptions {
  const { SSL_PROTOCOLS: protocols, SSL_CIPHERS: ciphers, SSL_CIPHERSUITES: suites } = config;
  return {
    minVersion: protocols[0] ?? 'TLSv1.2',
    maxVersion: protocols.at(-1) ?? 'TLSv1.3',
    ciphers: [...suites, ...ciphers].join(':'),
    honorCipherOrder: true,
    // Clients are not asked for certificates; without this every context would load the built-in authorities.
    ca: [],
  };
}

/** A list, or one text with the names separated as in OpenSSL or nginx. */
function names() {
  return z
    .union([z.string(), z.array(z.string())], { error: 'write a list of names' })
    .transform((value) => [value].flat().flatMap((text) => text.split(/[\s:,]+/).filter((name) => name !== '')))
    .refine((list) => list.length > 0, 'write at least one name, or remove the setting');
}

function refuseUnknown(list: readonly string[], context: z.RefinementCtx): void {
  for (const name of list) {
    if (SUITES.includes(name) || CIPHERS.includes(name)) continue;
    try {
      createSecureContext({ ciphers: name, ca: [] });
    } catch {
      context.addIssue({
        code: 'custom',
        message: `OpenSSL knows no cipher "${name.slice(0, 80)}"; correct or remove it`,
      });
    }
  }
}
