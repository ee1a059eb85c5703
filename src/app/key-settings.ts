import { resolve } from 'node:path';
import type { IdentitySettings } from '../identity/index.ts';
import type { LaunchOptions } from '../platform/config/index.ts';
import type { AppConfig } from './config.ts';

/** What identity has to know of the keys of services, and of the token in a file. */
export function keySettings(
  config: AppConfig,
  launch: Pick<LaunchOptions, 'port' | 'dataDirectory'>,
): Pick<IdentitySettings, 'keyServer' | 'bootstrap'> {
  const hosts = [config.SERVER_HOSTNAME ?? `localhost:${launch.port}`, ...config.SERVER_HOSTNAMES];
  return {
    keyServer: {
      audiences: hosts.flatMap((host) => [`https://${host}`, `http://${host}`]),
      unapprovedMs: config.UNAPPROVED_SERVICE_KEY_TTL_SEC * 1000,
      expiredMs: config.EXPIRED_SERVICE_KEY_TTL_SEC * 1000,
    },
    bootstrap: {
      enabled: config.FEATURE_PROGRAMMATIC_BOOTSTRAP,
      owner: config.BOOTSTRAP_TOKEN_OWNER,
      path: resolve(launch.dataDirectory, config.BOOTSTRAP_TOKEN_PATH),
      lifetimeMs: config.BOOTSTRAP_TOKEN_EXPIRATION * 1000,
      scopes: config.BOOTSTRAP_TOKEN_SCOPE,
    },
  };
}
