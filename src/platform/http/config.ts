import { BlockList } from 'node:net';
import { z } from 'zod';
import { defineConfig, oneOrMany } from '../config/index.ts';
import { addRange } from './resolve-client.ts';

/** The keys that say where the registry is reached. */
export const httpConfig = defineConfig({
  SERVER_HOSTNAME: {
    schema: z
      .string()
      .regex(
        /^(?:[\w.-]{1,253}|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?$/,
        'write a host name with or without port, and no scheme',
      ),
    description:
      'Public host and port of the registry, used in generated addresses and as audience of tokens. Default: localhost and the port',
    quayDefault: 'localhost:5000',
  },
  PREFERRED_URL_SCHEME: {
    schema: z.enum(['http', 'https']),
    default: 'http',
    description: 'Scheme of generated addresses',
  },
  EXTERNAL_TLS_TERMINATION: {
    schema: z.boolean(),
    default: false,
    description: 'A proxy in front ends TLS; the registry itself serves plain HTTP either way',
  },
  TRUSTED_PROXY_CIDR: {
    schema: oneOrMany().superRefine((cidrs, context) => {
      for (const cidr of cidrs) {
        try {
          addRange(new BlockList(), cidr);
        } catch (error) {
          context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
        }
      }
    }),
    default: [],
    description:
      'Addresses of the proxies whose X-Forwarded-For, -Proto, -Host or Forwarded headers are believed; none by default',
  },
});
