import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeCertificates } from '../support/certificates.ts';
import { describeOnBothDatabases } from '../support/databases.ts';
import { createAccounts, PASSWORDS, startRegistry } from '../support/registry.ts';
import { NOT_SENT, runConformance } from './run-conformance.ts';

describeOnBothDatabases('distribution-spec conformance', (context) => {
  let directory: string;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'gantry-conformance-'));
    await createAccounts(context().db);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const { authority, certificate, key } = makeCertificates();
  const tls = { current: () => ({ cert: certificate, key }), subscribe: () => () => undefined };
  it.each([
    ['1.1', 'HTTP', {}],
    ['dev', 'HTTP', {}],
    ['dev', 'TLS', { tls }],
  ])(
    'version %s over %s: every check passes, with Bearer tokens, and only those about things not sent are skipped',
    async (level, protocol, listen) => {
      await using registry = await startRegistry({ db: context().db, listen });
      const trusted = join(directory, 'authority.pem');
      writeFileSync(trusted, authority);
      const { checks, notPassed } = await runConformance({
        url: registry.url,
        namespace: `acme/${protocol.toLowerCase()}`,
        username: 'alice',
        password: PASSWORDS.alice,
        version: level,
        resultsFile: join(directory, `${level}-${protocol}.json`),
        trusted,
      });
      expect(notPassed).toEqual(NOT_SENT);
      expect(checks).toBeGreaterThan(130);
    },
    120_000,
  );
});
