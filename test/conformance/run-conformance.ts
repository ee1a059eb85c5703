import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('conformance.mjs', import.meta.url));

interface Outcome {
  readonly id: string;
  readonly result: string;
  readonly why?: string;
}

export interface ConformanceTarget {
  readonly url: string;
  readonly namespace: string;
  readonly username: string;
  readonly password: string;
  readonly version: string;
  /** File of the authorities that the suite trusts beside the usual ones. */
  readonly trusted?: string;
  /** Where the results are written. */
  readonly resultsFile: string;
}

/** What is not tried against a server that has all of the protocol: it sends no such thing. */
export const NOT_SENT: readonly Outcome[] = [
  { id: 'push-13', result: 'skip', why: 'not sent' },
  { id: 'api-12', result: 'skip', why: 'none sent' },
];

/** Runs the suite against a server, strictly and with credentials; returns the number of checks and those not passed. */
export async function runConformance(
  target: ConformanceTarget,
): Promise<{ readonly checks: number; readonly notPassed: readonly Outcome[] }> {
  await run({
    ...(target.trusted === undefined ? {} : { NODE_EXTRA_CA_CERTS: target.trusted }),
    OCI_ROOT_URL: target.url,
    OCI_NAMESPACE: `${target.namespace}/conformance-${target.version}`,
    OCI_CROSSMOUNT_NAMESPACE: `${target.namespace}/crossmount-${target.version}`,
    OCI_USERNAME: target.username,
    OCI_PASSWORD: target.password,
    OCI_VERSION: target.version,
    OCI_STRICT: '1',
    OCI_RESULTS: target.resultsFile,
  });
  const { results } = JSON.parse(readFileSync(target.resultsFile, 'utf8')) as { results: Outcome[] };
  const notPassed = results
    .filter(({ result }) => result !== 'pass')
    .map(({ id, result, why }) => ({ id, result, ...(why === undefined ? {} : { why }) }));
  return { checks: results.length, notPassed };
}

/** The script's own exit code says less than its results, so it is not looked at. */
function run(env: Readonly<Record<string, string>>): Promise<void> {
  return new Promise((resolve) => {
    execFile(process.execPath, [SCRIPT], { env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 }, () =>
      resolve(),
    );
  });
}
