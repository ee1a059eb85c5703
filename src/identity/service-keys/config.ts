import { z } from 'zod';
import { defineConfig } from '../../platform/config/index.ts';

const TEN_YEARS_SECONDS = 315_360_000;

export const serviceKeyConfig = defineConfig({
  UNAPPROVED_SERVICE_KEY_TTL_SEC: {
    schema: z.int().min(60).max(TEN_YEARS_SECONDS),
    default: 86_400,
    unit: 'seconds',
    description: 'Age at which keys of other services that nobody has approved are removed',
  },
  EXPIRED_SERVICE_KEY_TTL_SEC: {
    schema: z.int().min(60).max(TEN_YEARS_SECONDS),
    default: 604_800,
    unit: 'seconds',
    description: 'How long after their end keys of other services are removed',
  },
});
