import { z } from 'zod';
import { type ConfigRule, type ConfigValues, defineConfig, durationMs, Secret } from '../config/index.ts';
import { connectionArgs } from './connection-args.ts';
import { planConnection } from './postgres/connection-plan.ts';

export const databaseConfig = defineConfig({
  DB_URI: {
    schema: z.string().transform((uri, context) => {
      if (/^(?:postgres|postgresql)(?:\+\w+)?:\/\//.test(uri) || uri.startsWith('sqlite:///')) return new Secret(uri);
      const message = uri.startsWith('mysql')
        ? 'MySQL cannot be served from; use PostgreSQL, or leave the setting out for the built-in SQLite. Importing what a ' +
          'Quay keeps in MySQL is planned for a later version'
        : 'write postgresql://user:password@host/database or sqlite:///path';
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    }),
    description: 'The database: postgresql://… or sqlite:///path. Default: SQLite in the data directory',
    quayDefault: 'required',
  },
  DB_CONNECTION_ARGS: {
    schema: connectionArgs,
    default: {},
    description:
      'How PostgreSQL is connected to, by the names of libpq: sslmode, sslrootcert, sslcert, sslkey, sslcrl, keepalives, connect_timeout and others, or the object ssl with ca, cert and key; parameters of DB_URI go before',
    quayDefault: { threadlocals: true, autorollback: true },
  },
  DB_POOL_SIZE: {
    ours: true,
    schema: z.int().min(1).max(1000),
    description:
      'Connections to PostgreSQL of each node at most, beside one for messages between nodes. Default: max_connections of DB_CONNECTION_ARGS, or 10',
  },
  DB_CONNECT_TIMEOUT: {
    ours: true,
    schema: durationMs().pipe(z.number().min(1000).max(60_000, 'write between 1s and 60s')),
    default: '5s',
    description: 'How long making a connection to PostgreSQL, or waiting for a free one, may take',
  },
  DB_STATEMENT_TIMEOUT: {
    ours: true,
    schema: durationMs().pipe(z.number().min(1000).max(600_000, 'write between 1s and 10m')),
    default: '30s',
    description: 'How long one statement may take on PostgreSQL; migrations have no limit',
  },
  DB_IDLE_TIMEOUT: {
    ours: true,
    schema: durationMs().pipe(z.number().min(1000).max(3_600_000, 'write between 1s and 60m')),
    default: '30s',
    description: 'After which time an idle connection to PostgreSQL is closed',
  },
});

/** The URI of PostgreSQL as its driver takes it (Quay names one of Python's in the scheme); undefined: SQLite. */
export function postgresUriOf(uri: string | undefined): string | undefined {
  if (uri?.startsWith('postgres') !== true) return undefined;
  return uri.replace(/^postgres(?:ql)?(?:\+\w+)?:/, 'postgresql:');
}

export const databaseRules: readonly ConfigRule<typeof databaseConfig>[] = [
  { key: 'DB_URI', check: (values) => planProblem(values) },
];

function planProblem(values: ConfigValues<typeof databaseConfig>): string | undefined {
  const uri = postgresUriOf(values.DB_URI?.reveal());
  if (uri === undefined) return undefined;
  try {
    planConnection({ uri, args: values.DB_CONNECTION_ARGS }, 'without files');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
