import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { startGantry } from './contender.ts';

const MANIFESTS = 250_000;
const MANIFEST_BYTES = 3600;
const REPOSITORIES = 500;
const BATCH = 10_000;

/** Makes a data directory whose database holds about 1 GB: 500 repositories of 500 tagged manifests each. */
export async function largeDatabase(directory: string): Promise<void> {
  const database = await emptyDatabase(directory);
  const owner = ownerOf(database);
  const repositories = Array.from({ length: REPOSITORIES }, (_, index) =>
    insertRepository(database, owner, `large/r${index}`),
  );
  const manifest = manifestInserter(database);
  const tag = tagInserter(database);
  for (let first = 0; first < MANIFESTS; first += BATCH) {
    database.exec('BEGIN');
    for (let index = first; index < first + BATCH; index++) {
      const repository = repositories[index % REPOSITORIES] ?? 0;
      tag(repository, `v${index}`, manifest(repository, randomBytes(MANIFEST_BYTES)));
    }
    database.exec('COMMIT');
  }
  database.close();
}

/** Makes a data directory with one repository of `count` tags, and returns the repository's id. */
export async function manyTags(directory: string, name: string, count: number): Promise<number> {
  const database = await emptyDatabase(directory);
  const repository = insertRepository(database, ownerOf(database), name);
  const manifest = manifestInserter(database)(repository, randomBytes(1000));
  const tag = tagInserter(database);
  for (let first = 0; first < count; first += BATCH) {
    database.exec('BEGIN');
    for (let index = first; index < first + BATCH; index++) tag(repository, tagName(index), manifest);
    database.exec('COMMIT');
  }
  database.close();
  return repository;
}

/**
 * Fills the database of a data directory whose server has stopped: `count` repositories and robots of the account, as many
 * users, all of them in a team of the first organization, and as many organizations, the second of which is the account's.
 */
export function manyAccounts(directory: string, account: string, count: number): void {
  const database = new DatabaseSync(databaseFile(directory));
  database.exec('PRAGMA foreign_keys = ON; PRAGMA synchronous = OFF; BEGIN');
  const row = database.prepare('SELECT id FROM namespace WHERE name = ?').get(account);
  const owner = Number(row?.['id']);
  const namespace = database.prepare('INSERT INTO namespace (name, kind, created_at) VALUES (?, ?, 1)');
  const add = (name: string, kind: 'user' | 'organization'): number =>
    Number(namespace.run(name, kind).lastInsertRowid);
  const person = database.prepare('INSERT INTO user_account (namespace_id, uuid, email, owner_id) VALUES (?, ?, ?, ?)');
  const robot = database.prepare("INSERT INTO robot (user_id, description) VALUES (?, '')");
  const team = database.prepare('INSERT INTO team (organization_id, name, role) VALUES (?, ?, ?)');
  const member = database.prepare('INSERT INTO team_member (team_id, user_id) VALUES (?, ?)');
  // One organization is the caller's; somebody in ten thousand of them is no ordinary caller.
  const keeper = add('keeper', 'user');
  person.run(keeper, 'keeper', null, null);
  let crowd: number | undefined;
  for (let index = 0; index < count; index++) {
    insertRepository(database, owner, `r${index}`);
    const organization = add(`o${index}`, 'organization');
    member.run(Number(team.run(organization, 'owners', 'admin').lastInsertRowid), index === 1 ? owner : keeper);
    crowd ??= Number(team.run(organization, 'crowd', 'member').lastInsertRowid);
    const machine = add(`${account}+robot${index}`, 'user');
    person.run(machine, `robot-${index}`, null, owner);
    robot.run(machine);
    const user = add(`u${index}`, 'user');
    person.run(user, `user-${index}`, `u${index}@example.org`, null);
    member.run(crowd, user);
  }
  database.exec('COMMIT');
  database.close();
}

/** The tags of {@link manyTags} in the order of their names. */
export function tagName(index: number): string {
  return `v${String(index).padStart(9, '0')}`;
}

/** The file of the SQLite database in a data directory. */
export function databaseFile(directory: string): string {
  const [name] = readdirSync(directory).filter((file) => /\.(?:db|sqlite3?)$/.test(file) && file.startsWith('gantry'));
  if (name === undefined) throw new Error(`no database in ${directory}`);
  return join(directory, name);
}

/** The schema and the first user, as a server that ran once leaves them. */
async function emptyDatabase(directory: string): Promise<DatabaseSync> {
  const server = await startGantry({ dataDirectory: directory });
  await server.stop();
  const database = new DatabaseSync(databaseFile(directory));
  database.exec('PRAGMA foreign_keys = ON; PRAGMA synchronous = OFF');
  return database;
}

function ownerOf(database: DatabaseSync): number {
  const row = database.prepare("SELECT id FROM namespace WHERE name = 'bench'").get();
  return Number(row?.['id']);
}

function insertRepository(database: DatabaseSync, owner: number, name: string): number {
  const insert = database.prepare(
    "INSERT INTO repository (namespace_id, name, visibility, created_at) VALUES (?, ?, 'private', 1)",
  );
  return Number(insert.run(owner, name).lastInsertRowid);
}

function manifestInserter(database: DatabaseSync): (repository: number, bytes: Uint8Array) => number {
  const insert = database.prepare(
    "INSERT INTO manifest (repository_id, digest, media_type, bytes, size_bytes, created_at, kept_until) VALUES (?, ?, 'application/vnd.oci.image.manifest.v1+json', ?, ?, 1, 1)",
  );
  // Nobody reads these manifests, so any digest will do.
  return (repository, bytes) =>
    Number(insert.run(repository, `sha256:${randomBytes(32).toString('hex')}`, bytes, bytes.length).lastInsertRowid);
}

function tagInserter(database: DatabaseSync): (repository: number, name: string, manifest: number) => void {
  const insert = database.prepare('INSERT INTO tag (repository_id, name, manifest_id, start_at) VALUES (?, ?, ?, 1)');
  return (repository, name, manifest) => void insert.run(repository, name, manifest);
}
