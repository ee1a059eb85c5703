import { hostname } from 'node:os';
import { AppError } from '../kernel/errors.ts';
import { VERSION } from '../kernel/version.ts';
import { equalSecrets } from '../platform/crypto/index.ts';
import { isFromThisMachine, type RequestContext, type RequestHandler } from '../platform/http/index.ts';
import type { Finding, Probe, ServiceProbes } from './service-probes.ts';

export interface HealthOptions {
  readonly probes: ServiceProbes;
  /** Whether this server is on its way out: load balancers are to turn away before connections are refused. */
  readonly draining: () => boolean;
  /** ENABLE_HEALTH_DEBUG_SECRET. */
  readonly debugSecret: string | undefined;
  /** Services that an instance's report tells but does not count. */
  readonly instanceSkips: readonly string[];
  /** Finds out about Redis; undefined: none is configured, so that nothing can be wrong with it. */
  readonly redis: Probe | undefined;
}

/** What is asked for one address: a probe for each name, and the names that do not decide. */
interface Report {
  readonly services: Readonly<Record<string, Probe>>;
  readonly informative?: readonly string[];
}

const DEBUG_PATH = '/health/enabledebug/';

/**
 * The health addresses in Quay's shape: 200 when every service that counts is in order, else 503. Anybody learns which are;
 * what is wrong, versions and places are for programs on this machine and holders of the debug secret.
 */
export function createHealthHandler(options: HealthOptions): RequestHandler {
  const reports = createReports(options);
  return async (context) => {
    const { method, path } = context;
    if (method !== 'GET' && method !== 'HEAD') {
      throw new AppError('UNSUPPORTED', 'Health can only be asked for', { headers: { Allow: 'GET, HEAD' } });
    }
    const detailed = isFromThisMachine(context) || holdsSecret(context, options.debugSecret);
    const unlocked =
      path.startsWith(DEBUG_PATH) && isSecret(decoded(path.slice(DEBUG_PATH.length)), options.debugSecret);
    const report = reports.get(unlocked ? '/health/endtoend' : path);
    if (report === undefined) throw new AppError('NOT_FOUND', 'There is no such health address');
    await answer(context, report, detailed || unlocked);
  };
}

function createReports(options: HealthOptions): ReadonlyMap<string, Report> {
  const { probes } = options;
  const always = (detail: string): Probe => {
    const finding = Promise.resolve({ ok: true, detail });
    return () => finding;
  };
  const serves: Probe = () => {
    const draining = options.draining();
    return Promise.resolve({ ok: !draining, detail: draining ? 'draining' : 'serves' });
  };
  const own = { registry_gunicorn: serves, web_gunicorn: serves, auth: always('accounts of this registry') };
  const redis = options.redis ?? always('not configured');
  const instance: Report = {
    services: {
      ...own,
      database: probes.database,
      disk_space: probes.diskSpace,
      service_key: probes.serviceKey,
      redis,
      storage: probes.storage,
    },
    informative: options.instanceSkips,
  };
  const endToEnd: Report = {
    services: {
      ...own,
      database: probes.databaseWrites,
      service_key: probes.serviceKey,
      redis,
      storage: probes.storageWrites,
    },
    // Every node works without it: were they all taken for ill, its end would be that of the registry.
    informative: ['redis'],
  };
  const warning: Report = { services: { disk_space_warning: probes.diskSpaceWarning } };
  const revision: Report = { services: { database_revision: probes.revision } };
  return new Map([
    ['/health', instance],
    ['/health/instance', instance],
    ['/health/endtoend', endToEnd],
    // As the manual of Quay 2.9 spells it.
    ['/health/endoend', endToEnd],
    ['/status', endToEnd],
    ['/health/warning', warning],
    ['/health/dbrevision', revision],
  ]);
}

async function answer({ method, res }: RequestContext, report: Report, detailed: boolean): Promise<void> {
  const { services, informative = [] } = report;
  const findings = await Promise.all(
    Object.entries(services).map(async ([name, probe]): Promise<[string, Finding]> => [name, await probe()]),
  );
  const sound = findings.every(([name, { ok }]) => ok || informative.includes(name));
  const status = sound ? 200 : 503;
  const data = {
    services: Object.fromEntries(findings.map(([name, { ok }]) => [name, ok])),
    is_testing: false,
    ...(detailed ? { notes: notes(informative), ...details(findings) } : {}),
  };
  const body = JSON.stringify({ data, status_code: status });
  res.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  });
  res.end(method === 'HEAD' ? undefined : body);
}

function notes(informative: readonly string[]): readonly string[] {
  return informative.length === 0 ? [] : [`These do not decide about the answer: ${informative.join(', ')}`];
}

function details(findings: readonly [string, Finding][]): object {
  return {
    details: Object.fromEntries(findings.map(([name, { detail }]) => [name, detail])),
    hostname: hostname(),
    version: VERSION,
    uptime_seconds: Math.round(process.uptime()),
  };
}

function holdsSecret({ req }: RequestContext, secret: string | undefined): boolean {
  const given = /^bearer +(\S+) *$/i.exec(req.headers.authorization ?? '')?.[1];
  return given !== undefined && isSecret(given, secret);
}

function isSecret(given: string, secret: string | undefined): boolean {
  return secret !== undefined && equalSecrets(given, secret);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
