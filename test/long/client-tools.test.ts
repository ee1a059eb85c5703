import { afterEach, expect, test } from 'vitest';
import { corpus, CORPUS_TIMEOUT_MS, hasCorpus } from '../support/corpus.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { runClients } from '../e2e/clients/run-clients.ts';

const TIMEOUT_MS = CORPUS_TIMEOUT_MS + 20 * 60_000;

let server: TestServer | undefined;
afterEach(() => server?.dispose());

test.skipIf(!hasCorpus())(
  'every client pushes and pulls the whole corpus (needs root)',
  { timeout: TIMEOUT_MS },
  async () => {
    const made = await corpus();
    server = await startServer();
    const account = await server.initialize('clients');
    const { passed, skipped, failed } = await runClients(server, account, made, false);
    console.log(`${passed} checks passed${skipped.length > 0 ? `; ${skipped.join('; ')}` : ''}`);
    expect(failed).toEqual([]);
    expect(server.defects()).toEqual([]);
  },
);
