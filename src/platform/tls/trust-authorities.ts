import { X509Certificate } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../log/index.ts';
import { pemBlocks, readSmallFile } from './read-pem.ts';
import { fingerprintFiles, watchFiles } from './watch-files.ts';

export interface TrustOptions {
  /** The configuration directory; it need not exist. */
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Authorities that outgoing TLS connections trust besides the built-in ones. */
export interface TrustedAuthorities {
  /** In PEM. Another list after a change, so that pools of connections can be compared by identity. */
  certificates(): readonly string[];
  /** Stops following the files. */
  close(): void;
}

const FOLDER = 'extra_ca_certs';
/** Files of that name in a flat directory, as a mounted Kubernetes secret is one. */
const PREFIX = 'extra_ca_cert';
/** Has a meaning of its own in Quay: the authority of the LDAP server alone. */
const SPECIAL = new Set(['ldap.crt']);
const ENDING = /\.(?:crt|pem|cer)$/i;
const MAX_FILES = 500;
const MAX_CERTIFICATES = 2000;

/**
 * Makes every outgoing TLS connection of this thread trust the operator's own authorities, and follows changes: the files of
 * `extra_ca_certs/`, and of a flat directory `extra_ca_certs_*` and `*.crt`. It sets the default of the runtime, so that the
 * clients of databases, Redis, mail and storage are covered without knowing of it. Files that are no certificates are
 * logged and left out. Never rejects: what cannot be trusted shows at the connection that needs it.
 */
export async function trustAuthorities({ directory, clock, log }: TrustOptions): Promise<TrustedAuthorities> {
  const fingerprint = async (): Promise<string> => fingerprintFiles(await authorityFiles(directory));
  const known = await fingerprint();
  let builtIn: readonly string[] | undefined;
  let trusted: readonly string[] = [];
  const read = async (): Promise<void> => {
    const found = await readAuthorities(await authorityFiles(directory), log);
    if (found.length === 0 && trusted.length === 0) return;
    // Reading the built-in ones takes some milliseconds, which a start without own authorities does not pay.
    builtIn ??= getCACertificates('default');
    setDefaultCACertificates([...builtIn, ...found]);
    trusted = found;
    log.info({ authorities: found.map(subjectOf) }, `${found.length} own certificate authorities are trusted`);
  };
  await read();
  const endWatch = watchFiles({ clock, known, fingerprint, changed: read });
  return {
    certificates: () => trusted,
    close() {
      endWatch();
      if (builtIn !== undefined) setDefaultCACertificates(builtIn);
    },
  };
}

/** Paths in order of their names; hidden files, among them those by which Kubernetes exchanges a secret, are left out. */
async function authorityFiles(directory: string): Promise<string[]> {
  const isFlat = (name: string): boolean => name.startsWith(PREFIX) || (name.endsWith('.crt') && !SPECIAL.has(name));
  const flat = (await namesIn(directory)).filter((name) => name !== FOLDER && isFlat(name));
  const inFolder = await namesIn(join(directory, FOLDER));
  // Quay also takes a file in place of the folder.
  const folder = inFolder.length === 0 ? [FOLDER] : inFolder.map((name) => join(FOLDER, name));
  return [...folder, ...flat].slice(0, MAX_FILES).map((name) => join(directory, name));
}

async function namesIn(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => []);
  return names.filter((name) => !name.startsWith('.')).toSorted();
}

async function readAuthorities(paths: readonly string[], log: Logger): Promise<string[]> {
  const certificates = new Set<string>();
  for (const path of paths) {
    try {
      for (const one of await readAuthorityFile(path)) certificates.add(one);
    } catch (error) {
      log.warn({ err: error }, 'A file with certificate authorities is not used');
    }
  }
  if (certificates.size > MAX_CERTIFICATES) {
    log.warn(`More than ${MAX_CERTIFICATES} own certificate authorities; those beyond are not trusted`);
  }
  return [...certificates].slice(0, MAX_CERTIFICATES);
}

/** The certificates of a file in PEM. @throws Error naming the file when it has none or a damaged one. */
async function readAuthorityFile(path: string): Promise<string[]> {
  if (path.includes(`/${FOLDER}/`) && !ENDING.test(path)) {
    throw new Error(`"${path}" is passed over; files there must end in .crt, .cer or .pem`);
  }
  // An empty folder, or none at all, looks like a file that is not there.
  const bytes = await readSmallFile(path).catch((error: Error) => {
    if (path.endsWith(`/${FOLDER}`)) return undefined;
    throw error;
  });
  if (bytes === undefined) return [];
  const blocks = pemBlocks(bytes.toString('latin1')).filter(({ label }) => label.endsWith('CERTIFICATE'));
  const sources = blocks.length > 0 ? blocks.map(({ text }) => text) : [bytes];
  try {
    return sources.map((source) => new X509Certificate(source).toString());
  } catch (cause) {
    throw new Error(`"${path}" holds no certificate, or a damaged one; put PEM or DER certificates there`, { cause });
  }
}

function subjectOf(pem: string): string {
  return new X509Certificate(pem).subject.replaceAll('\n', ', ');
}
