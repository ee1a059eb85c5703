import { describeKeys, type LoadedConfig, showValue } from '../platform/config/index.ts';
import type { ConfigDump } from '../web-api/index.ts';
import { type configFields, configPieces } from './config.ts';

/** The configuration in effect as superusers may see it (FEATURE_SUPERUSER_CONFIGDUMP): secrets are replaced, those inside values too. */
export function dumpConfig({ settings, values }: LoadedConfig<typeof configFields>): ConfigDump {
  const read: ReadonlyMap<string, unknown> = new Map(Object.entries(values));
  const config: Record<string, unknown> = {};
  const strange: Record<string, unknown> = {};
  const environment: Record<string, unknown> = {};
  for (const { key, written, source } of settings) {
    const shown = showValue(key, written, read.get(key));
    (read.has(key) ? config : strange)[key] = shown;
    // The rest of the environment is no concern of the registry, and full of other programs' secrets.
    if (/^(?:GANTRY_|QUAY_|DEBUGLOG$|JSONLOG$)/.test(source)) environment[source] = shown;
  }
  const schema = Object.fromEntries(
    describeKeys(configPieces).map(({ key, type, unit, meaning, state, ourDefault }) => [
      key,
      { type, unit, description: meaning, state, default: ourDefault },
    ]),
  );
  return { config, warning: strange, env: environment, schema };
}
