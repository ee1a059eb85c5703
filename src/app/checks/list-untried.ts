import type { ServiceFinding } from './service-finding.ts';

const NOT_BUILT = 'is not built into this version, so it was not tried';

/** Services that the configuration names and that nothing uses yet. */
export function listUntried(written: ReadonlyMap<string, unknown>): ServiceFinding[] {
  const found: ServiceFinding[] = [];
  const say = (service: string, message: string): void => void found.push({ service, outcome: 'untried', message });
  for (const [key, value] of written) {
    if (!key.endsWith('_LOGIN_CONFIG') || typeof value !== 'object' || value === null) continue;
    if (Object.keys(value).length > 0) say('sign-in', `${key} names a service for signing in, which ${NOT_BUILT}`);
  }
  // Quay's installer writes it whatever the type is; another type than Database has been refused before.
  if (isText(written.get('LDAP_URI')))
    say('LDAP', 'LDAP_URI names a directory that AUTHENTICATION_TYPE does not ask for, so it was not tried');
  if (isText(written.get('SECURITY_SCANNER_V4_ENDPOINT')))
    say('scanner', `SECURITY_SCANNER_V4_ENDPOINT names a Clair, which ${NOT_BUILT}`);
  const model = written.get('LOGS_MODEL');
  if (isText(model) && model !== 'database') say('audit', `LOGS_MODEL names "${String(model)}", which ${NOT_BUILT}`);
  return found;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
