import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { createSecureContext } from 'node:tls';
import { pemBlocks } from './read-pem.ts';
import type { CertificateFiles } from './read-certificate-files.ts';

/** Something about a certificate that an operator should know. */
export interface CertificateFinding {
  /** An error makes TLS impossible; with a warning clients, or some of them, will refuse to connect. */
  readonly severity: 'error' | 'warning';
  /** The file it is about. */
  readonly path: string;
  /** What is wrong and what to do. */
  readonly message: string;
  /** Nothing is wrong yet. */
  readonly isAhead?: true;
}

export interface CertificateUse {
  /** Names or addresses, with or without port, by which clients know the server. */
  readonly hosts: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** A certificate that ends sooner than this is warned of. */
export const WARN_BEFORE_MS = 30 * 86_400_000;

/** Everything that is wrong with a certificate and its key as the server's own; nothing when they will do. */
export function checkCertificate(files: CertificateFiles, use: CertificateUse): CertificateFinding[] {
  const findings: CertificateFinding[] = [];
  const say = (severity: 'error' | 'warning', path: string, message: string): void =>
    void findings.push({ severity, path, message });
  const chain = readChain(files.certificate, say);
  const key = readKey(files.key, say);
  const [leaf] = chain;
  if (leaf === undefined || key === undefined) return findings;
  if (!leaf.checkPrivateKey(key)) {
    const owner = chain.findIndex((certificate) => certificate.checkPrivateKey(key));
    if (owner > 0) {
      say(
        'error',
        files.certificate.path,
        "The server's own certificate must stand first in the file, then its issuers",
      );
    } else {
      const remedy = 'use the key that the certificate was requested with';
      say(
        'error',
        files.key.path,
        `The private key does not belong to the certificate in ${files.certificate.path}; ${remedy}`,
      );
    }
    return findings;
  }
  const refusal = refusalOfOpenssl(files);
  if (refusal !== undefined) say('error', files.certificate.path, `The certificate and key cannot be used: ${refusal}`);
  findings.push(...aboutTime(leaf, use.now, files.certificate.path));
  for (const host of use.hosts) {
    if (covers(leaf, host)) continue;
    say('warning', files.certificate.path, notCovered(leaf, host));
  }
  return findings;
}

/** Whether the certificate is within its time at `now`. */
export function isInTime(certificate: X509Certificate, now: number): boolean {
  return certificate.validFromDate.getTime() <= now && now < certificate.validToDate.getTime();
}

type Say = (severity: 'error' | 'warning', path: string, message: string) => void;

function readChain({ path, text }: CertificateFiles['certificate'], say: Say): X509Certificate[] {
  const blocks = pemBlocks(text);
  const certificates = blocks.filter(({ label }) => label === 'CERTIFICATE' || label === 'X509 CERTIFICATE');
  if (certificates.length === 0) {
    const hasKey = blocks.some(({ label }) => label.endsWith('PRIVATE KEY'));
    if (hasKey)
      say('error', path, 'The file holds a private key and no certificate; are ssl.cert and ssl.key swapped?');
    else if (isDer(text)) {
      say(
        'error',
        path,
        `The certificate is not in PEM form; convert it with "openssl x509 -inform der -in FILE -out ${path}"`,
      );
    } else
      say('error', path, 'The file holds no certificate in PEM form; it must begin with "-----BEGIN CERTIFICATE-----"');
    return [];
  }
  const chain: X509Certificate[] = [];
  for (const [index, block] of certificates.entries()) {
    try {
      chain.push(new X509Certificate(block.text));
    } catch {
      say(
        'error',
        path,
        `Certificate ${index + 1} of the file is damaged; copy the file again from where it was issued`,
      );
      return [];
    }
  }
  return chain;
}

function readKey({ path, text }: CertificateFiles['key'], say: Say): KeyObject | undefined {
  const blocks = pemBlocks(text);
  const block = blocks.find(({ label }) => label.endsWith('PRIVATE KEY'));
  if (block === undefined) {
    const swapped = blocks.some(({ label }) => label === 'CERTIFICATE');
    if (swapped)
      say('error', path, 'The file holds a certificate and no private key; are ssl.cert and ssl.key swapped?');
    else if (isDer(text)) {
      say(
        'error',
        path,
        `The key is not in PEM form; convert it with "openssl pkey -inform der -in FILE -out ${path}"`,
      );
    } else
      say('error', path, 'The file holds no private key in PEM form; it must begin with "-----BEGIN PRIVATE KEY-----"');
    return undefined;
  }
  if (block.label === 'ENCRYPTED PRIVATE KEY' || block.text.includes('Proc-Type: 4,ENCRYPTED')) {
    say(
      'error',
      path,
      `The private key has a pass phrase; remove it with "openssl pkey -in ${path} -out NEW" (keep mode 0600)`,
    );
    return undefined;
  }
  try {
    return createPrivateKey(block.text);
  } catch {
    say('error', path, 'The private key is damaged or of an unknown kind; copy the file again from where it was made');
    return undefined;
  }
}

/** What OpenSSL itself has against the pair, e.g. a key that is too short; undefined when nothing. */
function refusalOfOpenssl({ certificate, key }: CertificateFiles): string | undefined {
  try {
    createSecureContext({ cert: certificate.text, key: key.text, ca: [] });
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? (/([^:]+)$/.exec(error.message)?.[1] ?? error.message) : String(error);
    return `${reason.trim()}; ask for a certificate with an RSA key of at least 2048 bits or an elliptic one, signed with SHA-256`;
  }
}

function aboutTime(leaf: X509Certificate, now: number, path: string): CertificateFinding[] {
  const [from, until] = [leaf.validFromDate, leaf.validToDate];
  const day = (date: Date): string => date.toISOString().slice(0, 10);
  const severity = 'warning';
  if (now >= until.getTime()) {
    const message = `The certificate expired on ${day(until)}; clients refuse it. Put a new one in its place`;
    return [{ severity, path, message }];
  }
  if (now < from.getTime()) {
    const message = `The certificate is only valid from ${from.toISOString()} on; check the clock of this machine, or wait`;
    return [{ severity, path, message }];
  }
  if (until.getTime() - now >= WARN_BEFORE_MS) return [];
  const message = `The certificate expires on ${day(until)}; put a new one in its place before, no restart is needed`;
  return [{ severity, path, message, isAhead: true }];
}

function covers(leaf: X509Certificate, host: string): boolean {
  const name = withoutPort(host);
  // Clients written in Go, which docker, podman and containerd are, look at the alternative names alone.
  if (isIP(name) === 0) return leaf.checkHost(name, { subject: 'never' }) !== undefined;
  return leaf.checkIP(name) !== undefined;
}

function notCovered(leaf: X509Certificate, host: string): string {
  const names = leaf.subjectAltName?.slice(0, 300);
  const what =
    names === undefined
      ? 'it has no subject alternative names, and container clients ignore the common name'
      : `it covers ${names}`;
  return `The certificate does not cover "${withoutPort(host)}" of SERVER_HOSTNAME: ${what}. Ask for one with that name, or change the setting`;
}

function withoutPort(host: string): string {
  if (host.startsWith('[')) return host.slice(1, host.indexOf(']'));
  return host.replace(/:\d+$/, '');
}

/** DER begins with the tag of a sequence and a long length. */
function isDer(text: string): boolean {
  return text.charCodeAt(0) === 0x30 && text.charCodeAt(1) > 0x80;
}
