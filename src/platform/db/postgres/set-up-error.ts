import { AppError } from '../../../kernel/errors.ts';
import { isConnectionLoss, sqlState } from './connection-error.ts';
import type { ConnectionPlan } from './connection-plan.ts';

const TLS_TROUBLE = /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH|CRL_|INVALID_CA)/;

/** The server and the names that advice is given for. */
interface Target {
  readonly user: string;
  readonly database: string;
  /** Host and port, for people. */
  readonly server: string;
}

/**
 * The error of a start in words for the operator, with the SQL to run where that is known: PostgreSQL says what was denied,
 * but not what is to be granted. Other errors come back as they are.
 */
export function setUpError(error: unknown, plan: Pick<ConnectionPlan, 'config' | 'tls'>): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error;
  const advice = adviceFor(error, targetOf(plan), plan);
  return advice === undefined ? error : new Error(advice, { cause: error });
}

function targetOf({ config }: Pick<ConnectionPlan, 'config'>): Target {
  const uri = new URL(config.connectionString ?? 'postgresql://');
  const user = decodeURIComponent(uri.username);
  const database = decodeURIComponent(uri.pathname.slice(1));
  const host = uri.searchParams.get('host') ?? uri.hostname;
  const port = uri.searchParams.get('port') ?? uri.port;
  return { user, database: database === '' ? user : database, server: port === '' ? host : `${host}:${port}` };
}

function adviceFor(error: Error, target: Target, { tls }: Pick<ConnectionPlan, 'tls'>): string | undefined {
  const { user, server } = target;
  const database = identifier(target.database);
  switch (sqlState(error)) {
    case '28P01':
      return `PostgreSQL at ${server} does not accept the password of the user "${user}"; check DB_URI`;
    case '28000':
      return `PostgreSQL at ${server} does not let the user "${user}" in: ${error.message}; check the user, pg_hba.conf and sslmode`;
    case '3D000':
      return `There is no database "${target.database}" at ${server}; a superuser runs: CREATE DATABASE ${database} OWNER ${identifier(user)};`;
    // Without USAGE on the schema PostgreSQL acts as if there were none.
    case '3F000':
    case '42501':
      return adviceForGrant(error.message, target);
    case undefined:
      break;
    default:
      return undefined;
  }
  if ('code' in error && TLS_TROUBLE.test(String(error.code))) {
    return `The certificate of the database at ${server} cannot be relied on with sslmode=${tls.mode}: ${error.message}; name its authority in DB_CONNECTION_ARGS.sslrootcert, or the right host in DB_URI`;
  }
  if (error.message === 'The server does not support SSL connections') {
    return `PostgreSQL at ${server} has no TLS, which sslmode=${tls.mode} asks for; turn it on there (ssl = on), or lower sslmode`;
  }
  if (isConnectionLoss(error) && 'syscall' in error) {
    const reason = 'code' in error ? ` (${String(error.code)})` : '';
    return unreachable(server, reason, error);
  }
  return undefined;
}

function unreachable(server: string, reason: string, cause: Error): never {
  throw new AppError(
    'DATABASE_UNAVAILABLE',
    `The database does not answer at ${server}${reason}; check DB_URI and that PostgreSQL runs there`,
    { cause, headers: { 'Retry-After': '1' } },
  );
}

function adviceForGrant(message: string, target: Target): string {
  const [user, database] = [identifier(target.user), identifier(target.database)];
  const inDatabase = `In the database ${database}, its owner or a superuser runs:`;
  if (/database/.test(message) && !/schema|table/.test(message)) {
    return `The user ${user} may not connect (${message}). A superuser runs: GRANT CONNECT, TEMPORARY ON DATABASE ${database} TO ${user};`;
  }
  if (/\bowner\b/.test(message)) {
    const table = /(?:table|relation|index|sequence) "?([^"\s]+)"?/.exec(message)?.[1] ?? '…';
    return `The user ${user} does not own what is to be changed (${message}). ${inDatabase} ALTER TABLE ${identifier(table)} OWNER TO ${user}; and the same for the other tables of the registry`;
  }
  if (/\b(?:table|relation|sequence)\b/.test(message)) {
    return `The user ${user} may not use the tables of the registry (${message}). ${inDatabase} GRANT ALL ON ALL TABLES IN SCHEMA public TO ${user}; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO ${user};`;
  }
  const schema = identifier(/for schema "?([^"\s]+)"?/.exec(message)?.[1] ?? 'public');
  return `The user ${user} may not create tables (${message}); since PostgreSQL 15 GRANT … ON DATABASE does not include it. ${inDatabase} GRANT USAGE, CREATE ON SCHEMA ${schema} TO ${user};`;
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
