import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Credentials } from '../../support/clients.ts';
import type { CorpusEntry } from '../../support/corpus.ts';

const run = promisify(execFile);

/** skopeo with its own policy and credentials; rejects with what it printed. */
export function skopeo(directory: string, credentials: Credentials) {
  const policy = join(directory, 'policy.json');
  const signatures = join(directory, 'registries.d');
  mkdirSync(signatures, { recursive: true });
  writeFileSync(policy, '{"default":[{"type":"insecureAcceptAnything"}]}');
  const login = `${credentials.username}:${credentials.password}`;
  const copy = ['--policy', policy, '--registries.d', signatures, 'copy', '--quiet', '--all', '--preserve-digests'];
  return {
    push: (source: string, target: string) =>
      run('skopeo', [...copy, '--dest-tls-verify=false', '--dest-creds', login, source, `docker://${target}`]),
    pull: (source: string, target: string) =>
      run('skopeo', [...copy, '--src-tls-verify=false', '--src-creds', login, `docker://${source}`, target]),
  };
}

/** The entry in skopeo's spelling. */
export function sourceOf(directory: string, entry: CorpusEntry): string {
  const path = join(directory, entry.name);
  return entry.reference === '' ? `${entry.kind}:${path}` : `${entry.kind}:${path}:${entry.reference}`;
}

/** The bytes of a blob or manifest in an OCI layout or in a directory as skopeo writes it; undefined when it is not there. */
export function storedBytes(directory: string, digest: string): Buffer | undefined {
  const [algorithm = '', hex = ''] = digest.split(':');
  const file = [join(directory, 'blobs', algorithm, hex), join(directory, hex)].find(existsSync);
  return file === undefined ? undefined : readFileSync(file);
}
