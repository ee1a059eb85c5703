/**
 * Writes test/golden/<version>/: the databases of this version as SQL, filled by a real server, for the tests of later versions
 * to start on. `make-golden-databases.ts postgresql://…` names an empty database. Run once for each released version.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { VERSION } from '../src/kernel/version.ts';
import { digestOf, INDEX_TYPE, makeImage, RegistryClient } from '../test/support/clients.ts';
import { prepareServer } from '../test/support/server.ts';

const SECRET_KEY = 'golden';

/** What a later version is to find. */
interface Expected {
  readonly secretKey: string;
  readonly username: string;
  readonly password: string;
  readonly accessToken: string;
  readonly repository: string;
  /** Digest of the manifest of each tag. */
  readonly tags: Record<string, string>;
  /** A manifest whose referrers there are, and how many. */
  readonly subject: { readonly digest: string; readonly referrers: number };
}

const directory = join(import.meta.dirname, '../test/golden', VERSION);
mkdirSync(directory, { recursive: true });
const [uri] = process.argv.slice(2);
if (uri === undefined) throw new Error('name an empty PostgreSQL database as the argument');

write('sqlite', await fill({}, (data) => dumpSqlite(join(data, 'gantry.db'))));
write('postgres', await fill({ DB_URI: uri }, () => dumpPostgres(uri)));

function write(dialect: string, { sql, expected }: { readonly sql: string; readonly expected: Expected }): void {
  writeFileSync(join(directory, `${dialect}.sql`), sql);
  writeFileSync(join(directory, `${dialect}.json`), `${JSON.stringify(expected, null, 2)}\n`);
}

async function fill(
  config: Readonly<Record<string, unknown>>,
  dump: (dataDirectory: string) => string,
): Promise<{ sql: string; expected: Expected }> {
  const server = await prepareServer({ config: { ...config, DATABASE_SECRET_KEY: SECRET_KEY } });
  try {
    await server.start();
    const account = await server.initialize('golden');
    const client = new RegistryClient(server.url, account);
    const expected = { secretKey: SECRET_KEY, ...account, ...(await push(client, `${account.username}/app`)) };
    client.close();
    await server.stop();
    return { sql: dump(server.dataDirectory), expected };
  } finally {
    await server.dispose();
  }
}

/** Something of everything that a push leaves in the database. */
async function push(
  client: RegistryClient,
  repository: string,
): Promise<Pick<Expected, 'repository' | 'tags' | 'subject'>> {
  const [first, second, gone] = [makeImage(), makeImage(), makeImage()];
  await client.pushImage(repository, 'v1', first);
  await client.pushImage(repository, 'latest', first);
  await client.pushImage(repository, 'latest', second);
  await client.pushImage(repository, 'gone', gone);
  await client.call('DELETE', `/v2/${repository}/manifests/gone`);
  const descriptor = {
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    digest: first.digest,
    size: first.manifest.length,
  };
  const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests: [descriptor] }));
  await client.pushManifest(repository, 'index', index, INDEX_TYPE);
  const signature = makeImage([Buffer.from('signature')], {
    subject: descriptor,
    artifactType: 'application/vnd.example.signature',
  });
  await client.pushImage(repository, signature.digest, signature);
  await client.openUpload(repository);
  await client.manifest(repository, 'v1');
  return {
    repository,
    tags: { v1: first.digest, latest: second.digest, index: digestOf(index) },
    subject: { digest: first.digest, referrers: 1 },
  };
}

function dumpSqlite(file: string): string {
  const database = new DatabaseSync(file, { readOnly: true });
  const lines: string[] = [];
  const schema = database
    .prepare("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY rowid")
    .all();
  for (const { sql } of schema) lines.push(`${String(sql)};`);
  for (const { type, name } of [...schema, { type: 'table', name: 'sqlite_sequence' }]) {
    if (type !== 'table') continue;
    const columns = database.prepare(`SELECT name FROM pragma_table_info('${String(name)}')`).all();
    const values = columns.map((column) => `quote("${String(column['name'])}")`).join(` || ', ' || `);
    const rows = database.prepare(`SELECT ${values} AS row FROM ${String(name)} ORDER BY rowid`).all();
    for (const { row } of rows) lines.push(`INSERT INTO ${String(name)} VALUES (${String(row)});`);
  }
  database.close();
  return `${lines.join('\n')}\n`;
}

/** Statements that any server of this version or newer takes; what only psql understands is left out. */
function dumpPostgres(database: string): string {
  const text = execFileSync('pg_dump', ['--inserts', '--no-owner', '--no-privileges', '--dbname', database], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  return `${text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('--') && !line.startsWith('\\'))
    .join('\n')}\n`;
}
