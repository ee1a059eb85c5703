/** A file of Clair's, and what each part of it has in Gantry. */
export interface ClairFile {
  /** `Clair 4` or `Clair 2`. */
  readonly program: string;
  /** For a person: `line 3: matcher: …`. */
  readonly replacements: readonly string[];
}

const OWN_DATA = 'nothing to connect: the scanner works on the images and the database that are here (DB_URI)';
const OWN_PORT = 'nothing to listen on: the scanner answers at the port of the registry';

/** What takes the place of each part of Clair 4's file. */
const CLAIR_4: Readonly<Record<string, string>> = {
  http_listen_addr: OWN_PORT,
  introspection_addr: 'health and metrics are those of the registry',
  log_level: 'LOGGING_LEVEL',
  tls: 'the certificate of the registry',
  indexer: OWN_DATA,
  matcher: OWN_DATA,
  matchers: 'nothing to choose: every matcher runs',
  updaters: 'nothing to choose: every updater runs',
  notifier: 'FEATURE_SECURITY_NOTIFICATIONS',
  auth: 'SECURITY_SCANNER_V4_PSK, needed for an outside Clair only',
  trace: 'OTEL_CONFIG',
  metrics: 'PROMETHEUS_NAMESPACE',
};

/** The same for the file of Clair 2 and the proxy that signed its requests. */
const CLAIR_2: Readonly<Record<string, string>> = {
  database: OWN_DATA,
  api: OWN_PORT,
  updater: 'nothing to choose: every updater runs',
  notifier: 'FEATURE_SECURITY_NOTIFICATIONS',
  jwtproxy: 'nothing: no request leaves the process that would have to be signed',
};

/**
 * Recognizes the file of the scanner that runs beside Quay, even one that is no YAML for its indentation, as it is when it was
 * copied from the printed manual.
 */
export function recognizeClair(text: string): ClairFile | undefined {
  const names = namesIn(text);
  const outermost = names.filter(({ indent }) => indent === 0);
  // Quay's keys are upper case; a file that has any is Quay's.
  if (outermost.some(({ name }) => /^[A-Z][A-Z0-9_]+$/.test(name))) return undefined;
  const has = (name: string): boolean => outermost.some((found) => found.name === name);
  if (has('clair') && names.some(({ name }) => Object.hasOwn(CLAIR_2, name)))
    return { program: 'Clair 2', replacements: replacements(names, CLAIR_2) };
  const parts = outermost.filter(({ name }) => Object.hasOwn(CLAIR_4, name));
  const isClair4 = parts.length >= 2 && ['indexer', 'matcher', 'notifier', 'http_listen_addr'].some(has);
  return isClair4 ? { program: 'Clair 4', replacements: replacements(parts, CLAIR_4) } : undefined;
}

interface NameInFile {
  readonly name: string;
  readonly line: number;
  readonly indent: number;
}

function namesIn(text: string): readonly NameInFile[] {
  return text.split('\n').flatMap((content, index) => {
    const match = /^(\s{0,40})([A-Za-z_][\w-]{0,63})\s{0,40}:(?:\s|$)/.exec(content);
    return match === null ? [] : [{ name: match[2] ?? '', line: index + 1, indent: match[1]?.length ?? 0 }];
  });
}

function replacements(names: readonly NameInFile[], known: Readonly<Record<string, string>>): string[] {
  const first = new Map<string, number>();
  for (const { name, line } of names) if (Object.hasOwn(known, name) && !first.has(name)) first.set(name, line);
  return [...first].map(([name, line]) => `line ${line}: ${name}: ${known[name] ?? ''}`);
}
