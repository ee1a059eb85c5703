import { z } from 'zod';
import { defineConfig } from '../config/index.ts';

export const netConfig = defineConfig({
  SSRF_ALLOWED_HOSTS: {
    schema: z.array(z.string().min(1).max(253)),
    default: [],
    description: 'Host names, addresses and address ranges inside private networks that outgoing requests may reach',
  },
});
