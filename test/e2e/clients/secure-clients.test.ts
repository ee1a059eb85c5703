import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { makeCertificates } from '../../support/certificates.ts';
import { RegistryClient } from '../../support/clients.ts';
import { available } from '../../support/components.ts';
import { corpus, CORPUS_TIMEOUT_MS, hasCorpus } from '../../support/corpus.ts';
import { createPostgresTestUri } from '../../support/databases.ts';
import { startServer } from '../../support/server.ts';
import { machineAddress } from './machine-address.ts';
import { pushLayout } from './push-layout.ts';
import { runClients } from './run-clients.ts';

/** Pushed by nobody here: the largest image, and one that is refused by intent. */
const LEFT_OUT = new Set(['app', 'debian-v2s1']);

const possible = hasCorpus() && available('postgres', !('missing' in inject('postgres')));

// With corpus.test.ts two of the four combinations; test/long has them all, and the whole corpus.
test.skipIf(!possible)(
  'skopeo, buildah, podman, docker and containerd work over TLS with an own authority, on PostgreSQL (need root)',
  { timeout: CORPUS_TIMEOUT_MS + 900_000 },
  async () => {
    const address = machineAddress();
    const { directory, entries } = await corpus();
    const database = await createPostgresTestUri();
    const server = await startServer({
      address,
      tls: makeCertificates([address, '127.0.0.1']),
      config: { DB_URI: database.uri },
    });
    try {
      const account = await server.initialize('corpus');
      const client = new RegistryClient(server.url, account, 8, { authority: server.authority });
      for (const { name, reference, digest } of entries) {
        if (LEFT_OUT.has(name)) continue;
        await pushLayout(client, `corpus/${name}`, reference === '' ? 'v1' : reference, join(directory, name), digest);
      }
      client.close();
      const { failed } = await runClients(server, account, { directory, entries }, true);
      expect(failed).toEqual([]);
      expect(server.defects()).toEqual([]);
    } finally {
      await server.dispose();
      await database.drop();
    }
  },
);
