import { systemClock } from '../kernel/clock.ts';
import { type CertificateFinding, checkCertificate, readCertificateFiles } from '../platform/tls/index.ts';
import type { ListenerSettings } from './listeners.ts';

/** What a start would say of the certificate beside the configuration; nothing when it is in order, absent or not used. */
export async function checkServerCertificate(settings: ListenerSettings): Promise<CertificateFinding[]> {
  const { configDirectory, externalTls, publicHosts } = settings;
  if (externalTls) return [];
  try {
    const files = await readCertificateFiles(configDirectory);
    return files === undefined ? [] : checkCertificate(files, { hosts: publicHosts, now: systemClock.now() });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return [{ severity: 'error', path: configDirectory, message }];
  }
}
