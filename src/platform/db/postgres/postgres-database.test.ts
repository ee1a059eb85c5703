import { createServer, type Server, type Socket, connect } from 'node:net';
import { once } from 'node:events';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { createPostgresTestUri } from '../../../../test/support/databases.ts';
import type { Database } from '../database.ts';
import type { Migration } from '../migration.ts';
import { createPostgresDatabase } from './postgres-database.ts';

interface Tables {
  note: { id?: number; text: string };
}

const notes: Migration = {
  name: '0001_notes',
  statements: (t) => [`CREATE TABLE note (id ${t.id}, text ${t.text} NOT NULL UNIQUE)`],
};

/** A wire between client and server that can be cut. */
class Wire {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(target: URL) {
    this.#server = createServer((client) => {
      const upstream = connect(Number(target.port), target.hostname);
      for (const socket of [client, upstream]) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined);
      }
      client.pipe(upstream).pipe(client);
    });
  }

  async open(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

describe.skipIf('missing' in inject('postgres'))('createPostgresDatabase', () => {
  let db: Database;
  let wire: Wire;
  let drop: () => Promise<void>;
  beforeEach(async () => {
    const database = await createPostgresTestUri();
    drop = database.drop;
    const uri = new URL(database.uri);
    wire = new Wire(new URL(database.uri));
    uri.port = String(await wire.open());
    db = await createPostgresDatabase({ uri: uri.href, migrations: [notes], connections: 3, transactionMs: 500 });
  });
  afterEach(async () => {
    await db.close();
    await wire.close();
    await drop();
  });

  const add = (text: string) =>
    db.transaction((tx) => tx.query<Tables>().insertInto('note').values({ text }).execute());
  const texts = async () => {
    const rows = await db.read<Tables>().selectFrom('note').select('text').orderBy('id').execute();
    return rows.map((row) => row.text);
  };

  it('answers DATABASE_UNAVAILABLE while the connection is lost and goes on when it is back', async () => {
    await add('before');
    const held = db.transaction(async (tx) => {
      await tx.query<Tables>().insertInto('note').values({ text: 'lost' }).execute();
      wire.cut();
      await tx.query<Tables>().selectFrom('note').selectAll().execute();
    });
    await expect(held).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await add('after');
    expect(await texts()).toEqual(['before', 'after']);
  });

  it('replaces idle connections that were cut', async () => {
    await Promise.all([texts(), texts(), texts()]);
    wire.cut();
    await expect.poll(() => texts().catch(() => undefined)).toEqual([]);
  });

  it('tries a deadlock again', async () => {
    await add('a');
    await add('b');
    const bothHold = Promise.withResolvers<void>();
    let holding = 0;
    let attempts = 0;
    const swap = (first: string, second: string) =>
      db.transaction(async (tx) => {
        attempts += 1;
        await sql`SET LOCAL deadlock_timeout = '20ms'`.execute(tx.query());
        const touch = (text: string) =>
          tx.query<Tables>().updateTable('note').set({ text }).where('text', '=', text).execute();
        await touch(first);
        if (++holding === 2) bothHold.resolve();
        await bothHold.promise;
        await touch(second);
      });
    await Promise.all([swap('a', 'b'), swap('b', 'a')]);
    expect(attempts).toBeGreaterThan(2);
    expect(await texts()).toEqual(['a', 'b']);
  });

  it('undoes a transaction that takes too long, even inside a statement, and frees its connection', async () => {
    const stuck = Array.from({ length: 3 }, (_, i) =>
      db.transaction(async (tx) => {
        await tx
          .query<Tables>()
          .insertInto('note')
          .values({ text: `stuck ${i}` })
          .execute();
        await sql`SELECT pg_sleep(20)`.execute(tx.query());
      }),
    );
    for (const outcome of await Promise.allSettled(stuck)) {
      expect(outcome).toMatchObject({ reason: { code: 'DATABASE_UNAVAILABLE' } });
    }
    await add('next');
    expect(await texts()).toEqual(['next']);
  });

  it('says that a server does not answer', async () => {
    const outcome = createPostgresDatabase({ uri: 'postgresql://gantry@127.0.0.1:1/none', migrations: [] });
    await expect(outcome).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  });
});
