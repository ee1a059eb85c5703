import { randomBytes } from 'node:crypto';
import { readFileSync, truncateSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { digestOf, makeImage, MANIFEST_TYPE, RegistryClient } from '../../support/clients.ts';
import { type Account, startServer, type TestServer } from '../../support/server.ts';
import { blobFiles, uploadFiles } from '../durability/stored-files.ts';
import { answersIn, type RawConnection, rawConnection } from './raw-connection.ts';

const STALLED = 50;
/** More than the kernel holds for a connection whose reader has stopped. */
const BLOB = randomBytes(32 << 20);

describe('clients that are nasty but legal', () => {
  let server: TestServer;
  let account: Account;
  let client: RegistryClient;
  let repository: string;
  let head: string;
  const image = makeImage([BLOB]);
  const digest = digestOf(BLOB);

  beforeAll(async () => {
    server = await startServer();
    account = await server.initialize();
    client = new RegistryClient(server.url, account);
    repository = `${account.username}/nasty`;
    await client.pushImage(repository, 'v1', image);
    head = `Host: ${server.host}\r\nAuthorization: ${client.basic()}\r\n`;
  });

  afterAll(async () => {
    client.close();
    await server.dispose();
  });

  const ask = (connection: RawConnection, method: string, path: string, extra = '') =>
    connection.write(`${method} ${path} HTTP/1.1\r\n${head}${extra}\r\n`);

  test(`${STALLED} readers that stop in the middle of a blob take no memory and hold nobody up`, async () => {
    const before = residentMiB(server.pid);
    const readers = await Promise.all(Array.from({ length: STALLED }, () => rawConnection(server.port)));
    for (const reader of readers) ask(reader, 'GET', `/v2/${repository}/blobs/${digest}`);
    await Promise.all(readers.map((reader) => reader.until((bytes) => bytes.length > 0)));
    for (const reader of readers) reader.socket.pause();

    expect((await client.blob(repository, digest)).body.equals(BLOB)).toBe(true);
    await client.pushImage(repository, 'meanwhile', makeImage([randomBytes(1 << 20)]));
    expect(residentMiB(server.pid) - before).toBeLessThan(100);

    const [first] = readers;
    first?.socket.resume();
    const answer = await first?.until((bytes) => answersIn(bytes).length === 1);
    expect(answersIn(answer ?? Buffer.alloc(0))[0]?.body.equals(BLOB)).toBe(true);
    for (const reader of readers) reader.socket.destroy();
  });

  test.each(['reset', 'ended'] as const)(
    'a connection %s in the middle of an upload leaves nothing behind',
    async (way) => {
      const location = await client.openUpload(repository);
      const connection = await rawConnection(server.port);
      connection.socket.on('error', () => undefined);
      ask(connection, 'PUT', `${location}?digest=${digest}`, `Content-Length: ${BLOB.length}\r\n`);
      connection.write(BLOB.subarray(0, 3 << 20));
      await new Promise((resolve) => connection.socket.write(BLOB.subarray(3 << 20, 4 << 20), resolve));
      if (way === 'reset') connection.socket.resetAndDestroy();
      else connection.socket.end();
      await vi.waitFor(async () => expect((await client.call('DELETE', location)).status).toBe(204), 10_000);
      await vi.waitFor(() => expect(uploadFiles(server.dataDirectory)).toEqual([]), 10_000);
      expect((await client.blob(repository, digest, 'HEAD')).status).toBe(200);
    },
  );

  test('requests sent right behind one for a blob are answered in order', async () => {
    const connection = await rawConnection(server.port);
    ask(connection, 'GET', `/v2/${repository}/blobs/${digest}`);
    ask(connection, 'HEAD', `/v2/${repository}/blobs/${digest}`);
    ask(connection, 'GET', `/v2/${repository}/manifests/v1`, `Accept: ${MANIFEST_TYPE}\r\n`);
    ask(connection, 'GET', '/v2/');
    const answers = answersIn(await connection.until((bytes) => answersIn(bytes, [1]).length === 4), [1]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(answers[0]?.body.equals(BLOB)).toBe(true);
    expect(answers[2]?.body.equals(image.manifest)).toBe(true);
    connection.socket.destroy();
  });

  test('a body announced with Expect: 100-continue is not asked for when the push is refused', async () => {
    const connection = await rawConnection(server.port);
    connection.write(
      `PUT /v2/${repository}/manifests/v2 HTTP/1.1\r\nHost: ${server.host}\r\nExpect: 100-continue\r\nContent-Length: 100000\r\n\r\n`,
    );
    const answer = await connection.until((bytes) => answersIn(bytes).length > 0);
    expect(answersIn(answer).map(({ status }) => status)).toEqual([401]);
    connection.socket.destroy();
  });

  test('a body announced with Expect: 100-continue is asked for when the push may go on', async () => {
    const connection = await rawConnection(server.port);
    const extra = `Expect: 100-continue\r\nContent-Type: ${MANIFEST_TYPE}\r\nContent-Length: ${image.manifest.length}\r\n`;
    ask(connection, 'PUT', `/v2/${repository}/manifests/v2`, extra);
    await connection.until((bytes) => bytes.includes('HTTP/1.1 100'));
    connection.write(image.manifest);
    const answers = answersIn(await connection.until((bytes) => answersIn(bytes).length > 1));
    expect(answers.map(({ status }) => status)).toEqual([100, 201]);
    connection.socket.destroy();
  });

  test('HEAD answers everywhere as GET does, without the body', async () => {
    const paths = [
      '/v2/',
      '/v2/_catalog',
      `/v2/${repository}/tags/list`,
      `/v2/${repository}/manifests/v1`,
      `/v2/${repository}/blobs/${digest}`,
      `/v2/${repository}/referrers/${image.digest}`,
      `/v2/${repository}/manifests/absent`,
      '/health/instance',
    ];
    for (const path of paths) {
      const [get, asHead] = [await client.call('GET', path), await client.call('HEAD', path)];
      expect({ path, status: asHead.status, type: asHead.headers['content-type'], length: asHead.body.length }).toEqual(
        {
          path,
          status: get.status,
          type: get.headers['content-type'],
          length: 0,
        },
      );
    }
  });

  test('percent-encoding is undone once', async () => {
    const encoded = `/v2/${account.username}%2Fnasty/manifests/v%31`;
    expect((await client.send('GET', encoded, basic(client))).body.equals(image.manifest)).toBe(true);
    expect(
      (await client.send('GET', `/v2/${repository}/blobs/${digest.replace(':', '%3A')}`, basic(client))).status,
    ).toBe(200);
    expect(
      (await client.send('GET', `/v2/${account.username}%252Fnasty/manifests/v1`, basic(client))).status,
    ).toBeLessThan(500);
    expect((await client.send('GET', `/v2/${repository}/manifests/%zz`, basic(client))).status).toBe(400);
  });

  test.each([
    ['one huge header', `X-Huge: ${'a'.repeat(100_000)}\r\n`],
    ['very many headers', Array.from({ length: 5000 }, (_, index) => `X-${index}: ${'a'.repeat(20)}\r\n`).join('')],
  ])('%s is refused with 431', async (_, extra) => {
    const connection = await rawConnection(server.port);
    connection.socket.on('error', () => undefined);
    ask(connection, 'GET', '/v2/', extra);
    const answer = await connection.until((bytes) => answersIn(bytes).length > 0);
    expect(answersIn(answer)[0]?.status).toBe(431);
    connection.socket.destroy();
  });

  test('the server saw no defect and still runs', () => {
    expect(server.defects()).toEqual([]);
    expect(server.crashed).toBe(false);
  });
});

test('a download whose file is cut short on disk ends instead of hanging', async () => {
  const server = await startServer();
  try {
    const account = await server.initialize();
    const client = new RegistryClient(server.url, account);
    const repository = `${account.username}/cut`;
    await client.pushImage(repository, 'v1', makeImage([BLOB]));
    const path = `/v2/${repository}/blobs/${digestOf(BLOB)}`;
    const reader = await rawConnection(server.port);
    reader.socket.on('error', () => undefined);
    reader.write(`GET ${path} HTTP/1.1\r\nHost: ${server.host}\r\nAuthorization: ${client.basic()}\r\n\r\n`);
    await reader.until((bytes) => bytes.length > 0);
    reader.socket.pause();
    const [file] = blobFiles(server.dataDirectory).filter((name) => name.endsWith(digestOf(BLOB).slice(7)));
    truncateSync(file ?? '', 1 << 20);
    reader.socket.resume();
    expect((await reader.ended()).length).toBeLessThan(BLOB.length);
    expect((await client.manifest(repository, 'v1')).status).toBe(200);
    client.close();
  } finally {
    await server.dispose();
  }
});

describe('SIGTERM', () => {
  test('lets a download that is under way finish, takes no new connections and exits with 0', async () => {
    const server = await startServer();
    try {
      const account = await server.initialize();
      const client = new RegistryClient(server.url, account);
      const repository = `${account.username}/drained`;
      await client.pushImage(repository, 'v1', makeImage([BLOB]));
      const authorization = client.basic();
      client.close();
      const reader = await rawConnection(server.port);
      reader.write(
        `GET /v2/${repository}/blobs/${digestOf(BLOB)} HTTP/1.1\r\nHost: ${server.host}\r\nAuthorization: ${authorization}\r\n\r\n`,
      );
      await reader.until((bytes) => bytes.length > 0);
      reader.socket.pause();

      const exit = server.stop('SIGTERM');
      await vi.waitFor(() => expect(refused(server.port)).resolves.toBe(true), 10_000);
      reader.socket.resume();
      const [answer] = answersIn(await reader.until((bytes) => answersIn(bytes).length === 1));
      expect(answer?.body.equals(BLOB)).toBe(true);
      expect(await exit).toBe(0);
      expect(server.defects()).toEqual([]);
    } finally {
      await server.dispose();
    }
  });
});

async function refused(port: number): Promise<boolean> {
  try {
    (await rawConnection(port)).socket.destroy();
    return false;
  } catch {
    return true;
  }
}

function basic(client: RegistryClient) {
  return { authorization: client.basic() ?? null, headers: { accept: MANIFEST_TYPE } };
}

function residentMiB(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}
