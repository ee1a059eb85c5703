import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { createSqliteDatabase } from '../../src/platform/db/index.ts';
import { MIGRATIONS } from '../../src/app/migrations.ts';
import { VERSION } from '../../src/kernel/version.ts';
import { createTestIdentity } from '../support/identity.ts';

const ROOT = join(import.meta.dirname, '../..');
const home = mkdtempSync(join(tmpdir(), 'gantry-cli-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

function gantry(args: readonly string[], input = ''): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [join(ROOT, 'src/main.ts'), ...args], { cwd: home }, (error, out, err) => {
      resolve({ status: error === null ? 0 : Number(error.code), out, err });
    });
    child.stdin?.end(input);
  });
}

it('prints its version, which is that of the package', async () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  expect(VERSION).toBe(version);
  expect((await gantry(['version'])).out).toContain(`gantry ${version}`);
});

it('tells usage, and answers a wrong command line with status 2', async () => {
  expect(await gantry(['help'])).toMatchObject({ status: 0, out: expect.stringContaining('gantry user create NAME') });
  expect(await gantry(['user', 'destroy'])).toMatchObject({ status: 2, err: expect.stringContaining('no command') });
  expect(await gantry(['serve', '--prot', '1'])).toMatchObject({ status: 2, err: expect.stringContaining('--prot') });
  expect(await gantry(['user', 'create'])).toMatchObject({ status: 2, err: expect.stringContaining('usage:') });
});

it('creates users: the first as superuser with the library organization, later ones as asked', async () => {
  const data = ['--data', join(home, 'data')];
  const create = (name: string, password: string, ...more: string[]) =>
    gantry(['user', 'create', name, ...more, ...data], `${password}\n`);
  expect(await create('ada', 'correct-horse')).toMatchObject({
    status: 0,
    out: expect.stringContaining('superuser "ada"'),
  });
  expect(await create('bob', 'battery-staple', '--email', 'bob@example.org')).toMatchObject({
    status: 0,
    out: expect.stringContaining('user "bob"'),
  });
  expect(await create('bob', 'battery-staple')).toMatchObject({ status: 1, err: expect.stringContaining('taken') });
  expect(await create('eve', 'short')).toMatchObject({ status: 1, err: expect.stringContaining('8 to') });
  const db = await createSqliteDatabase({ file: join(home, 'data/gantry.db'), migrations: MIGRATIONS });
  const names = await db
    .read<{ namespace: { name: string } }>()
    .selectFrom('namespace')
    .select('name')
    .orderBy('name')
    .execute();
  await db.close();
  expect(names.map(({ name }) => name)).toEqual(['ada', 'bob', 'library']);
});

it('lets the operator in again, with a new password and as a superuser', { timeout: 60_000 }, async () => {
  const data = join(home, 'data');
  const on = (change: string, input = '') => gantry(['user', change, 'bob', '--data', data], input);
  expect(await on('reset-password', 'another-staple\n')).toMatchObject({
    status: 0,
    out: expect.stringContaining('"bob" has a new password'),
  });
  expect(await on('grant-superuser')).toMatchObject({ status: 0, out: expect.stringContaining('is a superuser') });
  const db = await createSqliteDatabase({ file: join(data, 'gantry.db'), migrations: MIGRATIONS });
  const { authenticatePassword, loadActor } = createTestIdentity(db);
  const bob = await authenticatePassword('bob', 'another-staple', '192.0.2.1');
  expect(bob && (await loadActor(bob.userId, bob.passwordVersion))).toMatchObject({ name: 'bob', superuser: true });
  await db.close();
});

it('checks a configuration file and prints the one in effect, without secrets', async () => {
  const good = join(home, 'good.yaml');
  const bad = join(home, 'bad.yaml');
  writeFileSync(good, 'SERVER_HOSTNAME: registry.example.org\nDATABASE_SECRET_KEY: very-secret-text\n');
  writeFileSync(
    bad,
    'SERVER_HOSTNAME: https://registry.example.org\nV2_PAGINATION_SIZE: many\nAUTHENTICATION_TYPE: LDAP\n',
  );
  expect(await gantry(['config', 'check', good])).toMatchObject({
    status: 0,
    out: expect.stringContaining('can be used'),
  });
  const report = await gantry(['config', 'check', bad]);
  expect(report.status).toBe(1);
  for (const part of ['bad.yaml:1', 'bad.yaml:2', 'bad.yaml:3']) expect(report.out).toContain(part);
  const printed = await gantry(['config', 'print', '--config', good]);
  expect(printed.out).toContain('SERVER_HOSTNAME: registry.example.org');
  const origin = await gantry(['config', 'print', '--origin', '--config', good]);
  expect(origin.out).toContain(`# from ${good}:1\nSERVER_HOSTNAME: registry.example.org`);
  expect(printed.out + printed.err).not.toContain('very-secret-text');
});

it('explains a setting: what it means, both defaults, and what it is now', async () => {
  const file = join(home, 'explained.yaml');
  writeFileSync(file, 'LOGGING_LEVEL: WARNING\nSECURITY_SCANNER_V4_PSK: very-secret-text\nPROBLEM: [\n');
  const explain = (key: string) => gantry(['config', 'explain', key, '--config', file]);
  const works = await explain('logging_level');
  expect(works.status).toBe(0);
  for (const part of [
    /state +works/,
    /default +INFO/,
    /in Quay +DEBUG/,
    /part +platform\/log/,
    /GANTRY_CONFIG_LOGGING_LEVEL/,
  ])
    expect(works.out).toMatch(part);
  writeFileSync(file, 'LOGGING_LEVEL: WARNING\nSECURITY_SCANNER_V4_PSK: very-secret-text\n');
  expect((await explain('LOGGING_LEVEL')).out).toContain(`WARNING (from ${file}:1)`);
  const secret = await explain('SECURITY_SCANNER_V4_PSK');
  expect(secret.out).toMatch(/state +planned[\s\S]*\[redacted\] \(from/);
  expect(secret.out).not.toContain('very-secret-text');
  expect((await explain('KEYCLOAK_LOGIN_CONFIG')).out).toMatch(/stops the start, unless START_WITHOUT names it/);
  expect((await explain('USE_CDN')).out).toMatch(/state +obsolete/);
  expect(await explain('LOGING_LEVEL')).toMatchObject({ status: 1, err: expect.stringContaining('LOGGING_LEVEL?') });
});

it('refuses to start with a configuration that is wrong, naming every fault', async () => {
  const file = join(home, 'wrong.yaml');
  writeFileSync(file, 'V2_PAGINATION_SIZE: many\nDB_URI: mysql://host/db\n');
  const outcome = await gantry(['serve', '--port', '0', '--config', file, '--data', join(home, 'unused')]);
  expect(outcome.status).toBe(1);
  expect(outcome.err).toMatch(/V2_PAGINATION_SIZE[\s\S]*DB_URI|DB_URI[\s\S]*V2_PAGINATION_SIZE/);
});
