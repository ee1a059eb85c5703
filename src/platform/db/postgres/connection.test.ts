import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeAuthority } from '../../../../test/support/openssl-authority.ts';
import {
  findPostgresPrograms,
  type PrivatePostgres,
  startPrivatePostgres,
} from '../../../../test/support/private-postgres.ts';
import type { ConnectionArgs } from '../connection-args.ts';
import { planConnection } from './connection-plan.ts';
import { createPostgresDatabase } from './postgres-database.ts';

const PLAIN = 'postgresql://gantry@db.test/quay';

describe('planConnection', () => {
  const modeOf = (uri: string, args: ConnectionArgs = {}) => planConnection({ uri, args }, 'without files').tls.mode;

  it('means by sslmode what libpq means', () => {
    expect(modeOf(PLAIN)).toBe('prefer');
    expect(modeOf(`${PLAIN}?sslmode=disable`)).toBe('disable');
    expect(modeOf(PLAIN, { sslmode: 'require' })).toBe('require');
    expect(modeOf(PLAIN, { sslmode: 'require', sslrootcert: 'ca.crt' })).toBe('verify-ca');
    expect(modeOf(PLAIN, { sslrootcert: 'system' })).toBe('verify-full');
    expect(modeOf('postgresql:///quay?host=/run/postgresql&sslmode=require')).toBe('disable');
    expect(modeOf('postgresql://quay@/quay?host=/run/postgresql')).toBe('disable');
  });

  it('lets the URI go before the settings', () => {
    const args = { sslmode: 'disable', connect_timeout: 3, application_name: 'a' } as const;
    const plan = planConnection({ uri: `${PLAIN}?sslmode=require&connect_timeout=7`, args }, 'without files');
    expect(plan).toMatchObject({ tls: { mode: 'require' }, connectMs: 7000, config: { application_name: 'a' } });
  });

  it('takes the object of Quay', () => {
    expect(modeOf(PLAIN, { ssl: { ca: 'ca.crt' } })).toBe('verify-full');
    expect(modeOf(PLAIN, { ssl: { ca: 'ca.crt', check_hostname: false } })).toBe('verify-ca');
    expect(modeOf(PLAIN, { ssl: { ca: 'ca.crt', rejectUnauthorized: false } })).toBe('require');
    expect(modeOf(PLAIN, { ssl: true })).toBe('require');
    expect(modeOf(PLAIN, { ssl: { ca: 'ca.crt' }, sslmode: 'verify-ca' })).toBe('verify-ca');
  });

  it('has limits that do not depend on what is left out', () => {
    const plan = planConnection({ uri: PLAIN });
    expect(plan).toMatchObject({ connections: 10, connectMs: 5000, statementMs: 30_000, idleMs: 30_000 });
    expect(planConnection({ uri: PLAIN, args: { max_connections: 3, connect_timeout: 0 } })).toMatchObject({
      connections: 3,
      connectMs: 5000,
    });
    expect(planConnection({ uri: PLAIN, connections: 4, args: { max_connections: 3 } }).connections).toBe(4);
  });

  it('names a file that is not there, and never the password', () => {
    const args = { sslmode: 'verify-full', sslrootcert: 'conf/stack/ca.pem' } as const;
    const uri = 'postgresql://quay:hunter2@db.test/quay';
    const plan = () => planConnection({ uri, args, directory: '/nowhere' });
    expect(plan).toThrow('The file "/nowhere/ca.pem" of the database connection (sslrootcert) cannot be read (ENOENT)');
    expect(plan).not.toThrow('hunter2');
  });
});

describe.skipIf(findPostgresPrograms() === undefined)('a PostgreSQL with TLS', () => {
  const authority = makeAuthority('Test authority');
  const stranger = makeAuthority('Another authority');
  let directory: string;
  let server: PrivatePostgres;
  let uri: string;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'gantry-tls-'));
    const { certificate, key } = authority.issue('db', 'DNS:localhost');
    const client = authority.issue('gantry');
    writeFileSync(join(directory, 'ca.crt'), authority.authority);
    writeFileSync(join(directory, 'stranger.crt'), stranger.authority);
    writeFileSync(join(directory, 'client.crt'), client.certificate);
    writeFileSync(join(directory, 'client.key'), client.key);
    server = await startPrivatePostgres({
      settings: { ssl: 'on', ssl_ca_file: 'ca.crt' },
      files: { 'server.crt': certificate, 'server.key': key, 'ca.crt': authority.authority },
      access: [
        'local all all trust',
        'hostssl certs all all cert',
        'hostssl tls all all trust',
        'hostnossl plain all all trust',
        'host postgres all all trust',
        'hostssl secret all all scram-sha-256',
      ],
    });
    uri = `postgresql://gantry@localhost:${server.port}`;
    const admin = await createPostgresDatabase({ uri: server.uri, migrations: [] });
    for (const name of ['certs', 'tls', 'plain', 'secret']) {
      await sql.raw(`CREATE DATABASE ${name}`).execute(admin.read());
    }
    await sql`ALTER USER gantry PASSWORD 'right'`.execute(admin.read());
    await admin.close();
  });
  afterAll(async () => {
    await server.dispose();
    rmSync(directory, { recursive: true, force: true });
  });

  /** Whether a connection to the database was made, and with TLS. */
  async function connect(database: string, args: ConnectionArgs = {}, base = uri): Promise<boolean> {
    const db = await createPostgresDatabase({ uri: `${base}/${database}`, args, directory, migrations: [] });
    try {
      const query = sql<{ ssl: number }>`SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()`;
      return (await query.execute(db.read())).rows[0]?.ssl === 1;
    } finally {
      await db.close();
    }
  }

  it('is encrypted without being asked to, as with libpq', async () => {
    expect(await connect('tls')).toBe(true);
    expect(await connect('tls', { sslmode: 'require' })).toBe(true);
  });

  it('is not when told so', async () => {
    expect(await connect('plain', { sslmode: 'disable' })).toBe(false);
    await expect(connect('tls', { sslmode: 'disable' })).rejects.toThrow(
      /does not let the user "gantry" in: .*no encryption/,
    );
  });

  it('prefer and allow take the way that is open', async () => {
    expect(await connect('plain', { sslmode: 'prefer' })).toBe(false);
    expect(await connect('tls', { sslmode: 'allow' })).toBe(true);
    expect(await connect('plain', { sslmode: 'allow' })).toBe(false);
    await expect(connect('plain', { sslmode: 'require' })).rejects.toThrow(/does not let the user "gantry" in/);
  });

  it('verify-full asks for the right authority and the right host', async () => {
    const args = { sslmode: 'verify-full', sslrootcert: 'ca.crt' } as const;
    expect(await connect('tls', args)).toBe(true);
    const byAddress = `postgresql://gantry@127.0.0.1:${server.port}`;
    await expect(connect('tls', args, byAddress)).rejects.toThrow(
      /certificate of the database at 127.0.0.1.*sslmode=verify-full/,
    );
    await expect(connect('tls', { ...args, sslrootcert: 'stranger.crt' })).rejects.toThrow(
      /DB_CONNECTION_ARGS.sslrootcert/,
    );
    await expect(connect('tls', { sslmode: 'verify-full' })).rejects.toThrow(/cannot be relied on/);
  });

  it('verify-ca asks for the right authority only', async () => {
    const byAddress = `postgresql://gantry@127.0.0.1:${server.port}`;
    const args = { sslmode: 'verify-ca', sslrootcert: 'ca.crt' } as const;
    expect(await connect('tls', args, byAddress)).toBe(true);
    await expect(connect('tls', { ...args, sslrootcert: 'stranger.crt' }, byAddress)).rejects.toThrow(
      /cannot be relied on/,
    );
    expect(await connect('tls', { ssl: { ca: 'ca.crt' } })).toBe(true);
  });

  it('takes a certificate instead of a password', async () => {
    const files = { sslcert: 'client.crt', sslkey: 'client.key' };
    expect(await connect('certs', { sslmode: 'verify-full', sslrootcert: 'ca.crt', ...files })).toBe(true);
    await expect(connect('certs', { sslmode: 'require' })).rejects.toThrow(/does not let the user "gantry" in/);
  });

  it('takes the parameters of the URI', async () => {
    const query = `?sslmode=verify-full&sslrootcert=${encodeURIComponent(join(directory, 'ca.crt'))}`;
    expect(await connect(`tls${query}`)).toBe(true);
  });

  it('says that the password is wrong, or the database missing', async () => {
    const wrong = `postgresql://gantry:wr0ng@localhost:${server.port}`;
    await expect(connect('secret', {}, wrong)).rejects.toThrow(
      /does not accept the password of the user "gantry"; check DB_URI/,
    );
    await expect(connect('secret', {}, wrong)).rejects.not.toThrow(/wr0ng/);
    expect(await connect('secret', {}, wrong.replace('wr0ng', 'right'))).toBe(true);
    const trusted = `postgresql://gantry@/none?host=${encodeURIComponent(server.directory)}&port=${server.port}`;
    await expect(createPostgresDatabase({ uri: trusted, migrations: [] })).rejects.toThrow(
      'CREATE DATABASE "none" OWNER "gantry";',
    );
  });

  it('is reached by its socket', async () => {
    const socket = `postgresql://gantry@/postgres?host=${encodeURIComponent(server.directory)}&port=${server.port}`;
    const db = await createPostgresDatabase({ uri: socket, migrations: [] });
    expect(await db.now()).toBeGreaterThan(0);
    await db.close();
  });
});
