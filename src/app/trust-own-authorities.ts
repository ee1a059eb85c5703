import { systemClock } from '../kernel/clock.ts';
import type { Logger } from '../platform/log/index.ts';
import { trustAuthorities, type TrustedAuthorities } from '../platform/tls/index.ts';
import type { AppSettings } from './settings.ts';

/** Makes this process trust the authorities beside the configuration, before it connects to anything over TLS. */
export function trustOwnAuthorities(
  { listeners }: Pick<AppSettings, 'listeners'>,
  log: Logger,
): Promise<TrustedAuthorities> {
  return trustAuthorities({ directory: listeners.configDirectory, clock: systemClock, log });
}
