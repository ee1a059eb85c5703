import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { digestOf, expectStatus, makeImage, RegistryClient, withDigest } from '../../support/clients.ts';
import { available, hasProgram } from '../../support/components.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { describeOnEachDatabase } from '../databases.ts';
import { traceSystemCalls } from './syscall-trace.ts';
import { blobOrder, commitOrder, type TraceView } from './write-order.ts';

const canTrace = available('strace', hasProgram('strace'));

describeOnEachDatabase('the order of durable steps', (database) => {
  let server: TestServer | undefined;
  afterEach(() => server?.dispose());

  test.skipIf(!canTrace)(
    'data, move, place, commit, answer: for monolithic and chunked blobs and for manifests',
    async () => {
      const directory = mkdtempSync(join(tmpdir(), 'gantry-trace-'));
      server = await startServer({ config: database().config });
      const account = await server.initialize();
      const client = new RegistryClient(server.url, account, 1);
      const repository = `${account.username}/ordered`;
      const image = makeImage([randomBytes(3 << 20), randomBytes(2 << 20)]);
      const [config, first, second] = image.blobs as [Buffer, Buffer, Buffer];

      const trace = await traceSystemCalls(server.pid, join(directory, 'trace'));
      await client.pushBlob(repository, config);
      const location = await client.openUpload(repository);
      const answer = await client.call('PUT', withDigest(location, digestOf(first)), { body: first });
      expectStatus(answer, 201, 'push a blob');
      await client.pushChunks(repository, [second.subarray(0, 1 << 20), second.subarray(1 << 20)]);
      await client.pushManifest(repository, 'v1', image.manifest);
      const calls = await trace.stop();
      client.close();
      rmSync(directory, { recursive: true });

      const view: TraceView = { calls, database: database().dialect, clientPort: answer.clientPort };
      const hex = (bytes: Buffer) => digestOf(bytes).slice('sha256:'.length);
      expect({
        small: blobOrder(view, hex(config)),
        monolithic: blobOrder(view, hex(first)),
        chunked: blobOrder(view, hex(second)),
        manifest: commitOrder(view, hex(image.manifest)),
      }).toEqual({ small: undefined, monolithic: undefined, chunked: undefined, manifest: undefined });
    },
  );
});
