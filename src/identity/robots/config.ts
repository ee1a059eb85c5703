import { z } from 'zod';
import { defineConfig } from '../../platform/config/index.ts';

export const robotConfig = defineConfig({
  ROBOTS_DISALLOW: {
    schema: z.boolean(),
    default: false,
    description: 'Robots cannot sign in, and none can be created',
  },
  ROBOTS_WHITELIST: {
    schema: z.array(z.string().min(1).max(511)),
    default: [],
    description: 'Robots (owner+name) that there may be in spite of ROBOTS_DISALLOW',
  },
  ROBOT_FEDERATION_ALLOW_HTTP: {
    schema: z.boolean(),
    default: false,
    description: 'Robots may trust OpenID Connect issuers that are reached without TLS',
    ours: true,
  },
});
