import { readCertificateFiles } from '../../platform/tls/index.ts';
import { checkServerCertificate } from '../check-server-certificate.ts';
import type { ListenerSettings } from '../listeners.ts';
import type { ServiceFinding } from './service-finding.ts';

/** Whether clients would accept the certificate beside the configuration. What would only be wrong later does not fail. */
export async function checkCertificate(settings: ListenerSettings): Promise<ServiceFinding> {
  const service = 'certificate';
  if (settings.externalTls)
    return { service, outcome: 'untried', message: 'EXTERNAL_TLS_TERMINATION says that a proxy in front has it' };
  const findings = await checkServerCertificate(settings);
  const message = findings.map((finding) => `${finding.path}: ${finding.message}`).join('; ');
  if (findings.some(({ isAhead }) => isAhead !== true)) return { service, outcome: 'failed', message };
  if (findings.length > 0) return { service, outcome: 'works', message };
  const files = await readCertificateFiles(settings.configDirectory);
  if (files === undefined) {
    const directory = settings.configDirectory;
    return { service, outcome: 'untried', message: `there is no ssl.cert in "${directory}"; plain HTTP is served` };
  }
  const hosts = settings.publicHosts.join(', ');
  const covers = hosts === '' ? '' : `, and covers ${hosts}`;
  return { service, outcome: 'works', message: `${files.certificate.path} fits its key, is in its time${covers}` };
}
