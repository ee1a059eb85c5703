import { z } from 'zod';
import { defineConfig, Secret } from '../config/index.ts';

export const databaseConfig = defineConfig({
  DB_URI: {
    schema: z.string().transform((uri, context) => {
      if (/^(?:postgres|postgresql)(?:\+\w+)?:\/\//.test(uri) || uri.startsWith('sqlite:///')) return new Secret(uri);
      const message = uri.startsWith('mysql')
        ? 'MySQL cannot be served from; use PostgreSQL, or leave the setting out for the built-in SQLite'
        : 'write postgresql://user:password@host/database or sqlite:///path';
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    }),
    description: 'The database: postgresql://… or sqlite:///path. Default: SQLite in the data directory',
    quayDefault: 'required',
  },
});
