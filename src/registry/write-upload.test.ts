import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createTestDatabase } from '../../test/support/databases.ts';
import { createAccounts, startRegistry, type TestRegistry } from '../../test/support/registry.ts';
import { createLogger } from '../platform/log/index.ts';
import { createLocalStorage } from '../storage/testing/local-storage.ts';
import { contentOf, sha256Of } from '../storage/testing/content.ts';

const CHUNK = 200_000;

/** A PATCH whose body stops in the middle. */
function stalledPatch(node: TestRegistry, path: string, start: number, body: Uint8Array, authorization: string) {
  const sent = request({
    host: '127.0.0.1',
    port: node.http.port,
    method: 'PATCH',
    path,
    agent: false,
    headers: {
      authorization,
      'content-length': body.length,
      'content-range': `${start}-${start + body.length - 1}`,
    },
  });
  const answer = new Promise<number>((resolve, reject) => {
    sent.on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('error', reject);
  });
  const half = body.length / 2;
  sent.write(body.subarray(0, half));
  return {
    finish: () => {
      sent.end(body.subarray(half));
      return answer;
    },
  };
}

describe.skipIf('missing' in inject('postgres'))('an upload that two nodes write to', () => {
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let root: string;
  let here: TestRegistry;
  let there: TestRegistry;
  let authorization: string;
  beforeAll(async () => {
    database = await createTestDatabase('postgres');
    await createAccounts(database.db);
    root = mkdtempSync(join(tmpdir(), 'gantry-shared-'));
    const log = createLogger({ level: 'silent' });
    const node = () => startRegistry({ db: database.db, storage: createLocalStorage({ root, log }) });
    [here, there] = [await node(), await node()];
    authorization = await here.bearer('alice', 'repository:acme/shared:pull,push');
  });
  afterAll(async () => {
    await here[Symbol.asyncDispose]();
    await there[Symbol.asyncDispose]();
    await database.drop();
    rmSync(root, { recursive: true, force: true });
  });

  const begin = async () => {
    const answer = await here.send('POST', '/v2/acme/shared/blobs/uploads/', { headers: { authorization } });
    expect(answer.status).toBe(202);
    return answer.headers.location ?? '';
  };
  const patch = (node: TestRegistry, path: string, start: number, body: Uint8Array) => {
    const headers = { authorization, 'content-range': `${start}-${start + body.length - 1}` };
    return node.send('PATCH', path, { headers, body });
  };
  const isTaken = (path: string) =>
    expect.poll(async () => {
      const rows = await database.db
        .read<{ upload: { id: string; writer: string | null } }>()
        .selectFrom('upload')
        .select('writer')
        .where('id', '=', path.split('/').at(-1) ?? '')
        .execute();
      return rows[0]?.writer ?? undefined;
    });

  it.each([0, CHUNK])(
    'belongs to the last of them, whatever the other still sends (%d bytes before)',
    async (before) => {
      const whole = contentOf(before + CHUNK, before + 5);
      const path = await begin();
      if (before > 0) expect((await patch(here, path, 0, whole.subarray(0, before))).status).toBe(202);
      const late = stalledPatch(here, path, before, contentOf(CHUNK, 99), authorization);
      await isTaken(path).toBeDefined();
      expect((await patch(there, path, before, whole.subarray(before))).status).toBe(202);
      const digest = sha256Of(whole);
      expect((await there.send('PUT', `${path}?digest=${digest}`, { headers: { authorization } })).status).toBe(201);
      expect(await late.finish()).not.toBe(202);
      const blob = await here.send('GET', `/v2/acme/shared/blobs/${digest}`, { headers: { authorization } });
      expect(sha256Of(blob.body)).toBe(digest);
    },
  );

  it('goes on in place when the other has answered', async () => {
    const whole = contentOf(2 * CHUNK, 7);
    const path = await begin();
    expect((await patch(here, path, 0, whole.subarray(0, CHUNK))).status).toBe(202);
    expect((await patch(there, path, CHUNK, whole.subarray(CHUNK))).status).toBe(202);
    const digest = sha256Of(whole);
    expect((await here.send('PUT', `${path}?digest=${digest}`, { headers: { authorization } })).status).toBe(201);
  });

  it('is let go by a request that was refused', async () => {
    const path = await begin();
    expect((await patch(here, path, 5, contentOf(10, 1))).status).toBe(416);
    await isTaken(path).toBeUndefined();
  });
});
