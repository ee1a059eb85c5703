import { z } from 'zod';
import { defineConfig } from '../config/index.ts';
import type { LogLevel } from './create-logger.ts';

/** Quay has Python's names. */
const LEVELS: Readonly<Record<string, LogLevel>> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  WARNING: 'warn',
  ERROR: 'error',
  CRITICAL: 'fatal',
  FATAL: 'fatal',
};

export const logConfig = defineConfig({
  LOGGING_LEVEL: {
    schema: z.string().transform((name, context): LogLevel => {
      const level = LEVELS[name.toUpperCase()];
      if (level !== undefined) return level;
      context.addIssue({ code: 'custom', message: 'write one of DEBUG, INFO, WARNING, ERROR, CRITICAL' });
      return z.NEVER;
    }),
    default: 'INFO',
    description: 'Least level of what is logged. DEBUG adds a line for each successful read',
    quayDefault: 'DEBUG',
  },
});
