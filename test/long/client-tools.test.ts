import { afterEach, describe, expect, test } from 'vitest';
import { machineAddress } from '../e2e/clients/machine-address.ts';
import { runClients } from '../e2e/clients/run-clients.ts';
import { describeOnEachDatabase } from '../e2e/databases.ts';
import { makeCertificates } from '../support/certificates.ts';
import { corpus, CORPUS_TIMEOUT_MS, hasCorpus } from '../support/corpus.ts';
import { type ServerOptions, startServer, type TestServer } from '../support/server.ts';

const TIMEOUT_MS = CORPUS_TIMEOUT_MS + 20 * 60_000;

const address = machineAddress();
const WAYS: readonly [name: string, options: ServerOptions][] = [
  ['HTTP', {}],
  ['TLS with an own authority', { address, tls: makeCertificates([address, '127.0.0.1']) }],
];

describe.skipIf(!hasCorpus())('every client pushes and pulls the whole corpus (needs root)', () => {
  describeOnEachDatabase('on a server', (database) => {
    let server: TestServer | undefined;
    afterEach(() => server?.dispose());

    test.each(WAYS)('over %s', { timeout: TIMEOUT_MS }, async (_name, options) => {
      const made = await corpus();
      server = await startServer({ ...options, config: database().config });
      const account = await server.initialize('clients');
      const { passed, skipped, failed } = await runClients(server, account, made, false);
      console.log(`${passed} checks passed${skipped.length > 0 ? `; ${skipped.join('; ')}` : ''}`);
      expect(failed).toEqual([]);
      expect(server.defects()).toEqual([]);
    });
  });
});
