import { z } from 'zod';
import { defineConfig, sizeBytes } from '../config/index.ts';
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
  LOG_FORMAT: {
    schema: z.enum(['json', 'text']),
    default: 'json',
    description: 'One JSON object a line, or text for people',
    ours: true,
  },
  LOG_FILE: {
    schema: z.string().min(1),
    description: 'File for the log, relative to the data directory. Default: standard output',
    ours: true,
  },
  LOG_FILE_MAX_SIZE: {
    schema: sizeBytes().refine((bytes) => bytes >= 64 * 1024, 'write at least "64K"'),
    default: '100M',
    description: 'The log file is put aside as LOG_FILE.1 before it grows beyond this',
    ours: true,
  },
  LOG_FILE_KEEP: {
    schema: z.int().min(0).max(1000),
    default: 3,
    description: 'How many log files that were put aside are kept',
    ours: true,
  },
});
