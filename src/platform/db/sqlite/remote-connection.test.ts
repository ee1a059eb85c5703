import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RemoteConnection } from './remote-connection.ts';

describe('RemoteConnection', () => {
  let directory = '';
  let connection: RemoteConnection;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'gantry-remote-'));
    connection = new RemoteConnection({ file: join(directory, 'later', 'a.db'), readOnly: false });
  });
  afterEach(async () => {
    await connection.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('rejects while its thread cannot open the file, and works once it can', async () => {
    await expect(connection.begin()).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    mkdirSync(join(directory, 'later'));
    await connection.begin();
    await connection.inTransaction('CREATE TABLE t (a INTEGER); COMMIT');
    await connection.begin();
    expect(await connection.run('SELECT count(*) AS n FROM t', [])).toMatchObject({ rows: [{ n: 0 }] });
  });

  it('runs nothing outside a transaction, where it would commit by itself', async () => {
    mkdirSync(join(directory, 'later'));
    // The first thread may have met the missing directory.
    await connection.begin().catch(() => connection.begin());
    await connection.inTransaction('CREATE TABLE t (a INTEGER); COMMIT');
    await expect(connection.run('INSERT INTO t VALUES (1)', [])).rejects.toThrow(/undone/);
    await connection.begin();
    await connection.run('INSERT INTO t VALUES (2)', []);
    // A transaction that nobody ended is undone by the next.
    await connection.begin();
    expect(await connection.run('SELECT a FROM t', [])).toMatchObject({ rows: [] });
  });
});
