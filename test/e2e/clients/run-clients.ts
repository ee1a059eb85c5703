import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Corpus } from '../../support/corpus.ts';
import type { Account, TestServer } from '../../support/server.ts';

export interface ClientChecks {
  readonly passed: number;
  readonly skipped: string[];
  /** Each failed check with the last lines of what the client said. */
  readonly failed: string[];
}

/**
 * Runs `run-clients.sh` against the server, over TLS when it has a certificate.
 * @param fast the corpus is in the account's namespace already.
 */
export function runClients(server: TestServer, account: Account, corpus: Corpus, fast: boolean): Promise<ClientChecks> {
  const script = join(import.meta.dirname, 'run-clients.sh');
  const authority = server.authority === undefined ? '' : join(server.configDirectory, 'authority.pem');
  if (server.authority !== undefined) writeFileSync(authority, server.authority);
  const env = {
    ...process.env,
    CORPUS: corpus.directory,
    FAST: fast ? '1' : '',
    AUTHORITY: authority,
    LC_ALL: 'C.UTF-8',
  };
  return new Promise((resolve, reject) => {
    const options = { env, maxBuffer: 1 << 26 };
    execFile('bash', [script, server.host, account.username, account.password], options, (error, stdout, stderr) => {
      const summary = /^# (\d+) checks: (\d+) ok/m.exec(stdout);
      if (summary === null)
        reject(new Error(`the clients did not run to their end: ${error?.message}\n${stdout}\n${stderr}`));
      else
        resolve({
          passed: Number(summary[2]),
          skipped: named(stdout, /^skip .*/gm),
          failed: named(stdout, /^not ok .*(?:\n {4}# .*)*/gm),
        });
    });
  });
}

function named(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([match]) => match);
}
