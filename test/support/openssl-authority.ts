import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface OpensslAuthority {
  /** PEM of the authority. */
  readonly authority: string;
  /** PEM of a certificate for these names (`DNS:…`, `IP:…`) and its key. */
  issue(commonName: string, ...names: string[]): { readonly certificate: string; readonly key: string };
}

/** An authority of a test's own, made by openssl. */
export function makeAuthority(name: string): OpensslAuthority {
  const authority = inDirectory((directory) => {
    const files = ['-keyout', join(directory, 'ca.key'), '-out', join(directory, 'ca.crt')];
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      ...files,
      '-subj',
      `/CN=${name}`,
    );
    return {
      certificate: readFileSync(join(directory, 'ca.crt'), 'utf8'),
      key: readFileSync(join(directory, 'ca.key'), 'utf8'),
    };
  });
  return {
    authority: authority.certificate,
    issue: (commonName, ...names) =>
      inDirectory((directory) => {
        const path = (file: string) => join(directory, file);
        writeFileSync(path('ca.crt'), authority.certificate);
        writeFileSync(path('ca.key'), authority.key);
        writeFileSync(path('names'), names.length === 0 ? '' : `subjectAltName=${names.join(',')}\n`);
        openssl(
          'req',
          '-newkey',
          'ec',
          '-pkeyopt',
          'ec_paramgen_curve:P-256',
          '-nodes',
          '-keyout',
          path('key'),
          '-out',
          path('csr'),
          '-subj',
          `/CN=${commonName}`,
        );
        openssl(
          'x509',
          '-req',
          '-in',
          path('csr'),
          '-CA',
          path('ca.crt'),
          '-CAkey',
          path('ca.key'),
          '-CAcreateserial',
          '-days',
          '2',
          '-extfile',
          path('names'),
          '-out',
          path('crt'),
        );
        return { certificate: readFileSync(path('crt'), 'utf8'), key: readFileSync(path('key'), 'utf8') };
      }),
  };
}

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

function inDirectory<R>(work: (directory: string) => R): R {
  const directory = mkdtempSync(join(tmpdir(), 'gantry-certificates-'));
  try {
    return work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
