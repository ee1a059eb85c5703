import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import type { SecureContextOptions } from 'node:tls';
import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../log/index.ts';
import { checkCertificate, type CertificateFinding, isInTime } from './check-certificate.ts';
import { CERTIFICATE_FILE, type CertificateFiles, KEY_FILE, readCertificateFiles } from './read-certificate-files.ts';
import { fingerprintFiles, watchFiles } from './watch-files.ts';

export interface ServerCertificateOptions {
  /** Where `ssl.cert` and `ssl.key` are looked for. */
  readonly directory: string;
  /** Names or addresses by which clients know the server, with or without port. */
  readonly hosts: readonly string[];
  /** Protocol versions and ciphers, given on with every certificate. */
  readonly parameters: SecureContextOptions;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The certificate that is served, and its successors. */
export interface ServerCertificate {
  /** What a TLS server is made with at this moment. */
  current(): SecureContextOptions;
  /** When it expires, in milliseconds since the epoch. */
  expiresAt(): number;
  /** Calls back with each new certificate; the returned function ends that. */
  subscribe(apply: (options: SecureContextOptions) => void): () => void;
  /** Stops looking for new ones. */
  close(): void;
}

/** How often a certificate about which there is a warning is spoken of again. */
const REMIND_EVERY_MS = 86_400_000;

/**
 * Reads the server's certificate and follows its files: a changed pair that is in order takes effect with the next
 * connection; one that is not is logged, and the old one stays. Resolves with undefined when there is none.
 * @throws Error with everything that makes the pair unusable.
 */
export async function openServerCertificate(options: ServerCertificateOptions): Promise<ServerCertificate | undefined> {
  const { directory, clock, log } = options;
  const paths = [join(directory, CERTIFICATE_FILE), join(directory, KEY_FILE)];
  const known = await fingerprintFiles(paths);
  const files = await readCertificateFiles(directory);
  if (files === undefined) return undefined;
  const findings = check(files, options);
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.length > 0)
    throw new Error(`TLS cannot be served:\n${errors.map((one) => `  ${format(one)}`).join('\n')}`);

  let served = files;
  const subscribers = new Set<(options: SecureContextOptions) => void>();
  const toOptions = ({ certificate, key }: CertificateFiles): SecureContextOptions => ({
    ...options.parameters,
    cert: certificate.text,
    key: key.text,
  });

  const reload = async (): Promise<void> => {
    try {
      const found = await readCertificateFiles(directory);
      if (found === undefined) throw new Error(`"${paths.join('" and "')}" are gone`);
      const faults = check(found, options).filter(({ severity }) => severity === 'error');
      if (faults.length > 0) throw new Error(faults.map(format).join('; '));
      const leaf = new X509Certificate(found.certificate.text);
      const now = clock.now();
      if (!isInTime(leaf, now) && isInTime(new X509Certificate(served.certificate.text), now)) {
        throw new Error(`${found.certificate.path}: The new certificate is not valid at this time`);
      }
      for (const apply of subscribers) apply(toOptions(found));
      served = found;
      log.info({ until: leaf.validToDate.toISOString(), names: leaf.subjectAltName }, 'new TLS certificate in use');
      warn(check(found, options), log);
    } catch (error) {
      log.error({ err: error }, 'The changed TLS certificate is not used; the one before stays in use');
    }
  };

  warn(findings, log);
  const endWatch = watchFiles({ clock, known, fingerprint: () => fingerprintFiles(paths), changed: reload });
  let cancelReminder = clock.after(REMIND_EVERY_MS, remind);
  function remind(): void {
    warn(check(served, options), log);
    cancelReminder = clock.after(REMIND_EVERY_MS, remind);
  }
  return {
    current: () => toOptions(served),
    expiresAt: () => new X509Certificate(served.certificate.text).validToDate.getTime(),
    subscribe(apply) {
      subscribers.add(apply);
      return () => void subscribers.delete(apply);
    },
    close() {
      endWatch();
      cancelReminder();
      subscribers.clear();
    },
  };
}

function check(files: CertificateFiles, { hosts, clock }: ServerCertificateOptions): CertificateFinding[] {
  return checkCertificate(files, { hosts, now: clock.now() });
}

function warn(findings: readonly CertificateFinding[], log: Logger): void {
  for (const finding of findings) log.warn(format(finding));
}

function format({ path, message }: CertificateFinding): string {
  return `${path}: ${message}`;
}
