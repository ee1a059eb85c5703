import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MIGRATIONS } from '../../../src/app/migrations.ts';
import { createSqliteDatabase } from '../../../src/platform/db/index.ts';
import { describeOnEachDatabase } from '../databases.ts';

const ROOT = join(import.meta.dirname, '../../..');
const SECRET = 's3cr3t-of-the-operator';
/** Long enough for a slow machine, and less than the 30 s that an idle connection would keep a process alive. */
const ENDS_WITHIN_MS = 20_000;

const homes: string[] = [];
function makeHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'gantry-start-'));
  homes.push(home);
  return home;
}

interface Ending {
  readonly status: number | string;
  readonly err: string;
}

/** Starts a server that cannot start, and waits for its end. */
async function failToStart(start: {
  readonly data?: string;
  readonly port?: number;
  readonly config?: object;
}): Promise<Ending> {
  const { data = makeHome(), port = 0, config = {} } = start;
  const file = join(makeHome(), 'config.yaml');
  writeFileSync(file, JSON.stringify(config));
  const args = [join(ROOT, 'src/main.ts'), 'serve', '--port', String(port), '--data', data, '--config', file];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: ENDS_WITHIN_MS });
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  await once(child, 'close');
  return { status: child.exitCode ?? child.signalCode ?? '', err };
}

function expectClearEnd(ending: Ending, ...says: RegExp[]): void {
  expect(ending.status, ending.err).toBe(1);
  for (const text of says) expect(ending.err).toMatch(text);
  expect(ending.err).toMatch(/^gantry: /);
  expect(ending.err).not.toMatch(/^\s+at /m);
  expect(ending.err).not.toContain(SECRET);
}

afterAll(() => {
  for (const home of homes) rmSync(home, { recursive: true, force: true });
});

describeOnEachDatabase('a start on a port that is taken', (database) => {
  let other: Server;
  beforeAll(async () => {
    other = createServer().listen(0);
    await once(other, 'listening');
  });
  afterAll(() => other.close());

  it('ends at once and says which port', async () => {
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    expectClearEnd(await failToStart({ port, config: database().config }), new RegExp(`Port ${port} is in use`));
  });
});

describe('a start that must not succeed', () => {
  it('is refused on a file that is no database', async () => {
    const data = makeHome();
    writeFileSync(join(data, 'gantry.db'), 'not a database '.repeat(1000));
    expectClearEnd(await failToStart({ data }), /damaged or not a database/);
  });

  it('is refused with another secret key, and without one', async () => {
    const data = makeHome();
    const db = await createSqliteDatabase({ file: join(data, 'gantry.db'), migrations: MIGRATIONS });
    await db.transaction(async (tx) => {
      const row = { key: 'secret_key_fingerprint', value: 'of another key' };
      await tx.query<{ instance_setting: typeof row }>().insertInto('instance_setting').values(row).execute();
    });
    await db.close();
    expectClearEnd(await failToStart({ data, config: { DATABASE_SECRET_KEY: SECRET } }), /secret key is not the one/);
    writeFileSync(join(data, 'secret.key'), '');
    expectClearEnd(await failToStart({ data }), /secret\.key" is empty/);
  });

  it('is refused on the schema of a newer version', async () => {
    const data = makeHome();
    const newer = { name: '9999_future', needs: '9999_future', statements: () => ['CREATE TABLE future (id INTEGER)'] };
    const db = await createSqliteDatabase({ file: join(data, 'gantry.db'), migrations: [...MIGRATIONS, newer] });
    await db.close();
    expectClearEnd(await failToStart({ data }), /newer version \(9999_future\)/);
  });

  it('is refused without its PostgreSQL, naming the place', async () => {
    const config = { DB_URI: `postgresql://user:${SECRET}@127.0.0.1:1/registry` };
    expectClearEnd(await failToStart({ config }), /database does not answer/, /127\.0\.0\.1:1/);
  });

  it('is refused where nothing can be stored', async () => {
    const file = join(makeHome(), 'file');
    writeFileSync(file, '');
    expectClearEnd(await failToStart({ data: join(file, 'data') }), /data directory ".*" cannot be made/);
    const config = { DISTRIBUTED_STORAGE_CONFIG: { default: ['LocalStorage', { storage_path: join(file, 'blobs') }] } };
    expectClearEnd(await failToStart({ config }), /Could not make the storage directory/);
  });

  it('is refused with everything that is wrong in the configuration', async () => {
    const config = { MAXIMUM_LAYER_SIZE: [1], REGISTRY_STATE: 'broken', AUTHENTICATION_TYPE: 'LDAP' };
    expectClearEnd(await failToStart({ config }), /MAXIMUM_LAYER_SIZE/, /REGISTRY_STATE/, /"LDAP" is not built/);
  });
});
