import type { InspectedConfig } from '../../platform/config/index.ts';
import type { Logger } from '../../platform/log/index.ts';
import type { configFields } from '../config.ts';
import type { AppSettings } from '../settings.ts';
import { checkCertificate } from './check-certificate.ts';
import { checkDatabase } from './check-database.ts';
import { checkMail } from './check-mail.ts';
import { checkSharedRedis } from './check-shared-redis.ts';
import { checkStorage } from './check-storage.ts';
import { listUntried } from './list-untried.ts';
import type { ServiceFinding } from './service-finding.ts';

/** How long trying one service may take, in ms; its own steps have shorter limits. */
const LIMIT_MS = 20_000;

export interface CheckedConfig {
  readonly settings: AppSettings;
  readonly log: Logger;
  /** As it was written: services of features to come are not among the settings. */
  readonly config: Pick<InspectedConfig<typeof configFields>, 'settings'>;
}

/**
 * Tries one service after the other, and those that nothing would be tried of are named.
 * @param only names of those to be tried; default: all
 */
export async function* checkServices(
  checked: CheckedConfig,
  only?: ReadonlySet<string>,
): AsyncGenerator<ServiceFinding> {
  const written = new Map(checked.config.settings.map(({ key, written: value }) => [key, value]));
  const checks: readonly (readonly [string, () => Promise<ServiceFinding>])[] = [
    ['database', () => checkDatabase(checked.settings)],
    ['storage', () => checkStorage(checked.settings, checked.log)],
    ['certificate', () => checkCertificate(checked.settings.listeners)],
    ['Redis', () => checkSharedRedis(checked.settings.redis)],
    ['mail', () => checkMail(checked.settings.mail)],
  ];
  for (const [service, check] of checks) if (only?.has(service) !== false) yield await within(service, check);
  if (only === undefined) yield* listUntried(written);
}

async function within(service: string, check: () => Promise<ServiceFinding>): Promise<ServiceFinding> {
  const late = Promise.withResolvers<ServiceFinding>();
  const message = `There was no result within ${LIMIT_MS / 1000} s; check what stands between here and there`;
  const timer = setTimeout(() => late.resolve({ service, outcome: 'failed', message }), LIMIT_MS);
  try {
    return await Promise.race([check(), late.promise]);
  } catch (error) {
    return { service, outcome: 'failed', message: reasonOf(error) };
  } finally {
    clearTimeout(timer);
  }
}

/** The message, and the reason that the system gave, which often names the place. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  let cause = error.cause;
  if (cause instanceof AggregateError) [cause] = cause.errors;
  return cause instanceof Error && !error.message.includes(cause.message)
    ? `${error.message} (${cause.message})`
    : error.message;
}
