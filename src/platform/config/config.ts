import { z } from 'zod';
import { defineConfig } from './define-config.ts';

/** The keys that say how the file itself is taken. */
export const loadingConfig = defineConfig({
  START_WITHOUT: {
    schema: z
      .union([z.string(), z.array(z.string())], { error: 'write a list of keys: [FIRST, SECOND]' })
      .transform((names) => (typeof names === 'string' ? names.split(/[\s,]+/).filter((name) => name !== '') : names)),
    default: [],
    description:
      'Keys that this version cannot obey and that would stop the start: it starts without what they ask for, and warns. Only keys without which nobody gets in who should not, and nothing is kept more openly',
    ours: true,
  },
});
