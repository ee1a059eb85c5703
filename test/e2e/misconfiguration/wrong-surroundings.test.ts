import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { MIGRATIONS } from '../../../src/app/migrations.ts';
import { createSqliteDatabase, lockDataDirectory } from '../../../src/platform/db/index.ts';
import { describeOnEachDatabase } from '../databases.ts';
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

afterAll(removePlaces);

const check = ({ configFile, data }: Place) => runGantry(['config', 'check', configFile, '--online', '--data', data]);

function placeWith(config: object, files: Readonly<Record<string, string>> = {}): Place {
  const place = makePlace();
  writeConfig(place, { 'config.yaml': JSON.stringify(config), ...files });
  return place;
}

describeOnEachDatabase('a port that is taken', (database) => {
  test('stops the start, and nothing goes on behind it', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    try {
      const place = placeWith(database().config);
      expectRefusal(await startWrongly(place, { port }), [
        `Port ${port} is in use by another program; stop that one, or choose another port`,
      ]);
    } finally {
      other.close();
    }
  });
});

describe('the data directory', () => {
  test('that cannot be made stops the start', async () => {
    const place = placeWith({});
    writeFileSync(join(place.home, 'file'), '');
    const inFile = { ...place, data: join(place.home, 'file/data') };
    expect((await check(inFile)).out).toMatch(
      /^error: database: SQLite: nothing can be written to ".*file\/"; check the/m,
    );
    expectRefusal(await startWrongly(inFile), [/data directory ".*file\/data" cannot be made; check its path/]);
    expect(readdirSync(place.home).toSorted()).toEqual(['conf', 'file']);
  });

  test('that another server uses stops the start, and is left to that one', async () => {
    const place = placeWith({});
    mkdirSync(place.data);
    const lock = lockDataDirectory(place.data);
    try {
      expectRefusal(await startWrongly(place), [/is in use by another server.*; stop that one, or choose another/]);
      expect(readdirSync(place.data)).not.toContain('gantry.db');
    } finally {
      lock.release();
    }
  });

  test('with a damaged database stops the start, and leaves it as it is', async () => {
    const place = placeWith({});
    mkdirSync(place.data);
    writeFileSync(join(place.data, 'gantry.db'), 'not a database '.repeat(1000));
    expect((await check(place)).out).toMatch(
      /^error: database: .*damaged or not a database; restore it from a backup/m,
    );
    expectRefusal(await startWrongly(place), [/damaged or not a database/]);
    expect(readdirSync(place.data)).toContain('gantry.db');
  });

  test('with the database of a newer version stops the start', async () => {
    const place = placeWith({});
    mkdirSync(place.data);
    const newer = { name: '9999_future', needs: '9999_future', statements: () => ['CREATE TABLE future (id INTEGER)'] };
    const file = join(place.data, 'gantry.db');
    await (await createSqliteDatabase({ file, migrations: MIGRATIONS })).close();
    expect((await check(place)).out).toMatch(/^ok: database: SQLite, .*: its schema is that of this version$/m);
    await (await createSqliteDatabase({ file, migrations: [...MIGRATIONS, newer] })).close();
    expect((await check(place)).out).toMatch(/^error: database: .*newer version \(9999_future\)/m);
    expectRefusal(await startWrongly(place), [/newer version \(9999_future\); start that version or restore a backup/]);
  });

  test('that belongs to another secret key stops the start', async () => {
    const place = placeWith({ DATABASE_SECRET_KEY: SECRET });
    mkdirSync(place.data);
    const db = await createSqliteDatabase({ file: join(place.data, 'gantry.db'), migrations: MIGRATIONS });
    await db.transaction(async (tx) => {
      const row = { key: 'secret_key_fingerprint', value: 'of another key' };
      await tx.query<{ instance_setting: typeof row }>().insertInto('instance_setting').values(row).execute();
    });
    await db.close();
    expectRefusal(await startWrongly(place), [/secret key is not the one/, 'DATABASE_SECRET_KEY']);
  });

  test('with an empty secret key stops the start', async () => {
    const place = placeWith({});
    mkdirSync(place.data);
    writeFileSync(join(place.data, 'secret.key'), '');
    expectRefusal(await startWrongly(place), [/secret\.key" is empty/]);
  });
});

describe('a directory for blobs', () => {
  const placeFor = (blobs: string) => {
    const config = { DISTRIBUTED_STORAGE_CONFIG: { disk: ['LocalStorage', { storage_path: blobs }] } };
    return placeWith(config);
  };
  test('that cannot be made stops the start, and the check says so before', async () => {
    const { home } = makePlace();
    const blobs = join(home, 'file/here');
    writeFileSync(join(home, 'file'), '');
    const place = placeFor(blobs);
    const { out, status } = await check(place);
    expect(out).toMatch(
      /^error: storage: .*file" is not a directory; check storage_path in DISTRIBUTED_STORAGE_CONFIG and who may write there$/m,
    );
    expect(status).toBe(1);
    expectNothingMade(place);
    expectRefusal(await startWrongly(place), [
      /Could not make the storage directory ".*file\/here"/,
      'storage_path in DISTRIBUTED_STORAGE_CONFIG',
    ]);
  });

  test('is tried with a blob that does not stay', async () => {
    const { home } = makePlace();
    const place = placeFor(join(home, 'blobs'));
    expect((await check(place)).out).toMatch(/^ok: database: SQLite, .*: new; the first start makes the tables$/m);
    expect((await check(place)).out).toMatch(/^ok: storage: LocalStorage: the first start makes ".*blobs"$/m);
    expect(readdirSync(home)).toEqual([]);
    mkdirSync(join(home, 'blobs'));
    const { out, status } = await check(place);
    expect(out).toMatch(/^ok: storage: LocalStorage: ".*blobs" takes a blob, gives it back and removes it$/m);
    expect(status, out).toBe(0);
    const left = readdirSync(join(home, 'blobs'), { recursive: true, withFileTypes: true });
    expect(left.filter((entry) => entry.isFile())).toEqual([]);
  });
});

test('a Redis that does not answer is named by the check', async () => {
  const place = placeWith({ USER_EVENTS_REDIS: { HOST: '127.0.0.1', PORT: 1, PASSWORD: SECRET } });
  const { out, status } = await check(place);
  expect(out).toMatch(/^error: Redis: .*127\.0\.0\.1:1 \(USER_EVENTS_REDIS\) .*; start it, or check host and port/m);
  expect(out).not.toContain(SECRET);
  expect(status).toBe(1);
});
