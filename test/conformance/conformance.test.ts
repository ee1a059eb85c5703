import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeCertificates } from '../support/certificates.ts';
import { describeOnBothDatabases } from '../support/databases.ts';
import { createAccounts, PASSWORDS, startRegistry } from '../support/registry.ts';

const SCRIPT = fileURLToPath(new URL('conformance.mjs', import.meta.url));

interface Outcome {
  readonly id: string;
  readonly result: string;
  readonly why?: string;
}

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
      const version = `${level}-${protocol.toLowerCase()}`;
      const file = join(directory, `${version}.json`);
      const trusted = join(directory, 'authority.pem');
      writeFileSync(trusted, authority);
      await run({
        NODE_EXTRA_CA_CERTS: trusted,
        OCI_ROOT_URL: registry.url,
        OCI_NAMESPACE: `acme/conformance-${version}`,
        OCI_CROSSMOUNT_NAMESPACE: `acme/crossmount-${version}`,
        OCI_USERNAME: 'alice',
        OCI_PASSWORD: PASSWORDS.alice,
        OCI_VERSION: level,
        OCI_STRICT: '1',
        OCI_RESULTS: file,
      });
      const { results } = JSON.parse(readFileSync(file, 'utf8')) as { results: Outcome[] };
      const notPassed = results
        .filter(({ result }) => result !== 'pass')
        .map(({ id, result, why }) => ({ id, result, why }));
      expect(notPassed).toEqual([
        { id: 'push-13', result: 'skip', why: 'not sent' },
        { id: 'api-12', result: 'skip', why: 'none sent' },
      ]);
      expect(results.length).toBeGreaterThan(130);
    },
    120_000,
  );
});

/** The script's own exit code says less than its results, so it is not looked at. */
function run(env: Readonly<Record<string, string>>): Promise<void> {
  return new Promise((resolve) => {
    execFile(process.execPath, [SCRIPT], { env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 }, () =>
      resolve(),
    );
  });
}
