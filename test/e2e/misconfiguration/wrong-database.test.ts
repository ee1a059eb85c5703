import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findPostgresPrograms, type PrivatePostgres, startPrivatePostgres } from '../../support/private-postgres.ts';
import pg from 'pg';
import {
  expectNothingMade,
  expectRefusal,
  makePlace,
  type Place,
  removePlaces,
  runGantry,
  SECRET,
  startWrongly,
  writeConfig,
} from './refused-start.ts';

const missing = findPostgresPrograms() === undefined ? ' (PostgreSQL is not installed)' : '';

afterAll(removePlaces);

function placeWith(uri: string): Place {
  const place = makePlace();
  writeConfig(place, { 'config.yaml': `SERVER_HOSTNAME: registry.test\nDB_URI: ${uri}\n` });
  return place;
}

const check = ({ configFile, data }: Place) => runGantry(['config', 'check', configFile, '--online', '--data', data]);

/** What a start and the check both say. */
async function expectBoth(uri: string, says: readonly (string | RegExp)[]): Promise<void> {
  const place = placeWith(uri);
  const checked = await check(place);
  for (const text of says) expect(checked.out).toMatch(text);
  expect(checked.out).toMatch(/^error: database: /m);
  expect(checked.out + checked.err).not.toContain(SECRET);
  expect(checked.status).toBe(1);
  expectNothingMade(place);
  expectRefusal(await startWrongly(place), says);
}

test('a database that nobody serves is named with its place', async () => {
  await expectBoth(`postgresql://registry:${SECRET}@127.0.0.1:1/registry`, [
    /database does not answer at 127\.0\.0\.1:1 \(ECONNREFUSED\); check DB_URI/,
  ]);
});

describe.skipIf(missing !== '')(`a PostgreSQL that asks for passwords${missing}`, () => {
  let server: PrivatePostgres;
  beforeAll(async () => {
    server = await startPrivatePostgres({
      access: ['local all all trust', 'host all gantry 127.0.0.1/32 trust', 'host all all 127.0.0.1/32 scram-sha-256'],
    });
    await onDatabase(server.uri, [
      `CREATE ROLE registry LOGIN PASSWORD '${SECRET}'`,
      'CREATE DATABASE registry OWNER registry',
      'CREATE DATABASE foreign_owner',
      'CREATE DATABASE quay OWNER registry',
    ]);
    await onDatabase(
      uri('quay'),
      ['alembic_version', 'queueitem'].map((name) => `CREATE TABLE ${name} (id INTEGER)`),
    );
  });
  afterAll(() => server.dispose());

  async function onDatabase(connectionString: string, statements: readonly string[]): Promise<void> {
    const client = new pg.Client({ connectionString });
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  }
  const uri = (database: string, password: string = SECRET) =>
    `postgresql://registry:${password}@127.0.0.1:${server.port}/${database}`;

  test('refuses a wrong password, and the setting is named', async () => {
    await expectBoth(uri('registry', 'guessed'), [/does not accept the password of the user "registry"; check DB_URI/]);
  });

  test('has no such database, and the statement that makes it is told', async () => {
    await expectBoth(uri('registri'), [
      'There is no database "registri"',
      'CREATE DATABASE "registri" OWNER "registry"',
    ]);
  });

  test('lets the user make no tables, and the grant is told', async () => {
    await expectBoth(uri('foreign_owner'), [
      /may not create tables .*GRANT USAGE, CREATE ON SCHEMA "?public"? TO "registry"/,
    ]);
  });

  test('has a database that is Quay’s own, which is left alone', async () => {
    await expectBoth(uri('quay'), [/is one of Project Quay.*nothing in it was changed.*name it in DB_URI/]);
  });

  test('is found ready, before the first start and after it, and the check changes nothing', async () => {
    const place = placeWith(uri('registry'));
    const before = await check(place);
    expect(before.out).toMatch(/^ok: database: PostgreSQL \d+.*, database "registry": new; the first start makes/m);
    expect(before.status, before.out).toBe(0);
    expectNothingMade(place);
    expect((await runGantry(['migrate', '--config', place.configFile, '--data', place.data])).status).toBe(0);
    expect((await check(place)).out).toMatch(/^ok: database: .* its schema is that of this version$/m);
  });

  test('with the schema of a newer version is refused', async () => {
    const client = new pg.Client({ connectionString: uri('registry') });
    await client.connect();
    await client.query(
      "INSERT INTO schema_migration (name, needs, applied_at) VALUES ('9999_future', '9999_future', 0)",
    );
    await client.end();
    await expectBoth(uri('registry'), [/newer version \(9999_future\); start that version or restore a backup/]);
  });
});
