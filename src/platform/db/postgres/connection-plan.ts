import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import type { ClientConfig } from 'pg';
import { connectionArgs, type ConnectionArgs, type SslMode } from '../connection-args.ts';
import { TlsNegotiation } from './tls-negotiation.ts';

const DEFAULT_CONNECT_MS = 5000;
const DEFAULT_CONNECTIONS = 10;
const DEFAULT_STATEMENT_MS = 30_000;
const DEFAULT_IDLE_MS = 30_000;
/** `sslrootcert=system`: the authorities that Node.js trusts. */
const SYSTEM_AUTHORITIES = 'system';
/** How Quay names files beside its configuration. */
const QUAY_DIRECTORY = /^(?:\.\/)?conf\/stack\//;

export interface PostgresConnection {
  /** `postgresql://user:password@host:port/database?sslmode=…`. */
  readonly uri: string;
  /** DB_CONNECTION_ARGS; what the URI says goes before it. */
  readonly args?: ConnectionArgs | undefined;
  /** Where relative names of certificates begin; default: the working directory. */
  readonly directory?: string | undefined;
  /** Connections of this process at most; default 10. */
  readonly connections?: number | undefined;
  /** How long making a connection, or waiting for a free one, may take, in ms; default 5000. */
  readonly connectMs?: number | undefined;
  /** How long one statement may take, in ms; default 30,000. Migrations have no limit. */
  readonly statementMs?: number | undefined;
  /** After which time an idle connection is closed, in ms; default 30,000. */
  readonly idleMs?: number | undefined;
}

/** Everything that is known before the first connection. */
export interface ConnectionPlan {
  readonly config: ClientConfig;
  readonly tls: TlsNegotiation;
  readonly connections: number;
  readonly connectMs: number;
  readonly statementMs: number;
  readonly idleMs: number;
}

/**
 * Works out how to connect, and reads the certificates unless it is only to be checked. Throws an Error that names what is
 * wrong: a parameter, a file, or an `sslmode` that cannot be had.
 */
export function planConnection(
  connection: PostgresConnection,
  files: 'read' | 'without files' = 'read',
): ConnectionPlan {
  const { uri, args } = splitUri(connection);
  const connectMs = args.connect_timeout === undefined ? connection.connectMs : args.connect_timeout * 1000;
  const mode = sslModeOf(args, uri);
  const readFile = (name: string, what: string) =>
    files === 'read' ? readCertificate(connection.directory ?? '.', name, what) : '';
  return {
    config: {
      connectionString: uri.href,
      ...(args.options === undefined ? {} : { options: args.options }),
      application_name: args.application_name ?? 'gantry',
      keepAlive: args.keepalives ?? true,
      keepAliveInitialDelayMillis: (args.keepalives_idle ?? 0) * 1000,
    },
    tls: new TlsNegotiation(mode, mode === 'disable' ? {} : tlsOptions(mode, args, readFile)),
    connections: connection.connections ?? args.max_connections ?? DEFAULT_CONNECTIONS,
    // libpq: 0 waits for ever, which nobody wants of a server.
    connectMs: connectMs === undefined || connectMs === 0 ? DEFAULT_CONNECT_MS : connectMs,
    statementMs: connection.statementMs ?? DEFAULT_STATEMENT_MS,
    idleMs: connection.idleMs ?? DEFAULT_IDLE_MS,
  };
}

/** The URI without its parameters, and what parameters and settings say together. */
function splitUri({ uri, args }: PostgresConnection): { uri: URL; args: ConnectionArgs } {
  const bare = parseUri(uri);
  const parsed = connectionArgs.safeParse(Object.fromEntries(bare.searchParams));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`DB_URI: parameter "${issue?.path.join('.') ?? ''}": ${issue?.message ?? 'not understood'}`);
  }
  const all = { ...args, ...parsed.data };
  // These two are all that pg is to see of them.
  bare.search = '';
  if (all.host !== undefined) bare.searchParams.set('host', all.host);
  if (all.port !== undefined) bare.searchParams.set('port', String(all.port));
  return { uri: bare, args: all };
}

function parseUri(uri: string): URL {
  try {
    // No host is what libpq's users write when a parameter names the directory of the server's socket.
    return new URL(uri.replace('@/', '@localhost/'));
  } catch {
    // The error would show the password.
    throw new Error('DB_URI is not an address; write postgresql://user:password@host:5432/database');
  }
}

function sslModeOf(args: ConnectionArgs, uri: URL): SslMode {
  // Between processes of one machine there is nobody to hide from, and the server has no TLS there.
  if (isSocketPath(args.host ?? decodeURIComponent(uri.hostname))) return 'disable';
  if (args.sslrootcert === SYSTEM_AUTHORITIES) {
    if (args.sslmode !== undefined && args.sslmode !== 'verify-full')
      throw new Error(`sslrootcert=system goes with sslmode=verify-full only, not with "${args.sslmode}"`);
    return 'verify-full';
  }
  const mode = args.sslmode ?? sslModeOfObject(args.ssl) ?? 'prefer';
  // libpq: whoever names authorities wants them asked.
  if (mode === 'require' && authorities(args) !== undefined) return 'verify-ca';
  return mode;
}

function isSocketPath(host: string): boolean {
  return host.startsWith('/') || host === '';
}

function sslModeOfObject(ssl: ConnectionArgs['ssl']): SslMode | undefined {
  if (ssl === undefined) return undefined;
  if (typeof ssl === 'boolean') return ssl ? 'require' : 'disable';
  if (ssl.rejectUnauthorized === false) return 'require';
  return ssl.check_hostname === false ? 'verify-ca' : 'verify-full';
}

function tlsOptions(
  mode: SslMode,
  args: ConnectionArgs,
  readFile: (name: string, what: string) => Buffer | string,
): ConnectionOptions {
  const files = typeof args.ssl === 'object' ? args.ssl : {};
  const [cert, key, ca] = [args.sslcert ?? files.cert, args.sslkey ?? files.key, authorities(args)];
  if ((cert === undefined) !== (key === undefined))
    throw new Error('sslcert and sslkey (the certificate this server shows) are needed together');
  const verifies = mode === 'verify-ca' || mode === 'verify-full';
  return {
    rejectUnauthorized: verifies,
    ...(mode === 'verify-ca' ? { checkServerIdentity: () => undefined } : {}),
    ...(ca === undefined || ca === SYSTEM_AUTHORITIES ? {} : { ca: readFile(ca, 'sslrootcert') }),
    ...(cert === undefined ? {} : { cert: readFile(cert, 'sslcert') }),
    ...(key === undefined ? {} : { key: readFile(key, 'sslkey') }),
    ...(args.sslcrl === undefined ? {} : { crl: readFile(args.sslcrl, 'sslcrl') }),
    minVersion: args.ssl_min_protocol_version ?? 'TLSv1.2',
    ...(args.ssl_max_protocol_version === undefined ? {} : { maxVersion: args.ssl_max_protocol_version }),
  };
}

function authorities(args: ConnectionArgs): string | undefined {
  const file = args.sslrootcert ?? (typeof args.ssl === 'object' ? args.ssl.ca : undefined);
  // Without verification asked for by the object, its `ca` decides nothing.
  const ignored = typeof args.ssl === 'object' && args.ssl.rejectUnauthorized === false && args.sslmode === undefined;
  return ignored ? undefined : file;
}

function readCertificate(directory: string, name: string, what: string): Buffer {
  const path = resolve(directory, name.replace(QUAY_DIRECTORY, ''));
  try {
    return readFileSync(path);
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
    throw new Error(`The file "${path}" of the database connection (${what}) cannot be read${reason}`, { cause });
  }
}
