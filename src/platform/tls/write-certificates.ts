import { chmod, mkdir, open, unlink } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { domainToASCII } from 'node:url';
import { type CertificateAndKey, createAuthority, createServerCertificate } from './create-certificate.ts';
import { CERTIFICATE_FILE, KEY_FILE } from './read-certificate-files.ts';
import { readSmallFile } from './read-pem.ts';

/** Names of the authority's files, those that Quay's manual uses. */
export const AUTHORITY_FILE = 'rootCA.pem';
const AUTHORITY_KEY_FILE = 'rootCA.key';
const AUTHORITY_DAYS = 3650;

export interface CertificateOrder {
  /** Made when it is not there. */
  readonly directory: string;
  /** Names, names with `*.` before them, and addresses; the first one also becomes the common name. */
  readonly hosts: readonly string[];
  readonly days: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface WrittenCertificates {
  /** Paths of the new files. */
  readonly written: readonly string[];
  /** Path of the authority's certificate, new or found. */
  readonly authority: string;
}

/**
 * Makes a server certificate `ssl.cert` and `ssl.key`, signed by the authority `rootCA.pem` of the same directory, which is made
 * too when there is none: so that clients which trust it go on doing so when the certificate is renewed. Keys have mode 0600.
 * Nothing is ever overwritten. @throws Error when a file is there already, or a host is none.
 */
export async function writeCertificates(order: CertificateOrder): Promise<WrittenCertificates> {
  const { directory, days, now } = order;
  const hosts = [...new Set(order.hosts.map(toHost))];
  const at = (name: string): string => join(directory, name);
  for (const name of [CERTIFICATE_FILE, KEY_FILE]) {
    if ((await readSmallFile(at(name))) !== undefined) {
      throw new Error(`"${at(name)}" is there already and is not overwritten; move it away to make a new one`);
    }
  }
  const found = await findAuthority(at(AUTHORITY_FILE), at(AUTHORITY_KEY_FILE));
  const authority = found ?? createAuthority(`Gantry authority of ${hosts[0] ?? ''}`, { now, days: AUTHORITY_DAYS });
  const server = createServerCertificate(hosts, authority, { now, days });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const files: [name: string, text: string, mode: number][] = [
    [KEY_FILE, server.key, 0o600],
    [CERTIFICATE_FILE, server.certificate, 0o644],
  ];
  if (found === undefined) {
    files.unshift([AUTHORITY_KEY_FILE, authority.key, 0o600], [AUTHORITY_FILE, authority.certificate, 0o644]);
  }
  const written: string[] = [];
  try {
    for (const [name, text, mode] of files) {
      await writeNewFile(at(name), text, mode);
      written.push(at(name));
    }
  } catch (error) {
    // Half of a pair would keep the server from starting.
    for (const path of written) await unlink(path).catch(() => undefined);
    throw error;
  }
  return { written, authority: at(AUTHORITY_FILE) };
}

async function findAuthority(path: string, keyPath: string): Promise<CertificateAndKey | undefined> {
  const [certificate, key] = await Promise.all([readSmallFile(path), readSmallFile(keyPath)]);
  if (certificate === undefined && key === undefined) return undefined;
  if (certificate === undefined || key === undefined) {
    const [there, missing] = certificate === undefined ? [keyPath, path] : [path, keyPath];
    throw new Error(
      `There is "${there}" but not "${missing}"; put it back to sign with, or move the other away for a new authority`,
    );
  }
  return { certificate: certificate.toString('latin1'), key: key.toString('latin1') };
}

async function writeNewFile(path: string, text: string, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode).catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`"${path}" cannot be made (${cause.code ?? cause.message}); check who may write there`, { cause });
  });
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  // Whatever the umask has taken away or left.
  await chmod(path, mode);
}

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** Without port and brackets, international names in their ASCII form. */
function toHost(text: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(text)?.[1];
  const bare = bracketed ?? (isIP(text) === 0 ? text.replace(/:\d{1,5}$/, '') : text);
  if (isIP(bare) !== 0 && !bare.includes('%')) return bare;
  const wildcard = bare.startsWith('*.') ? '*.' : '';
  const name = domainToASCII(bare.slice(wildcard.length)).replace(/\.$/, '');
  if (name.length > 0 && name.length <= 250 && name.split('.').every((label) => LABEL.test(label)))
    return wildcard + name;
  throw new Error(
    `"${text}" is neither a host name nor an address; write it like "registry.example.com" or "192.0.2.1"`,
  );
}
