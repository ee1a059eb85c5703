import { configPieces, configSources, launchOptions } from '../app/index.ts';
import {
  type ConfigFields,
  describeKey,
  describeKeys,
  inspectConfig,
  type InspectedConfig,
  type KeyDescription,
  nearestNames,
  showValue,
} from '../platform/config/index.ts';
import type { Command } from './command.ts';
import { COMMON_OPTIONS, parseOptions } from './parse-options.ts';

/** So many names are offered in place of one that there is not. */
const OFFERED = 3;

const STATES: Readonly<Record<KeyDescription['state'], string>> = {
  works: 'works',
  planned: 'planned; it is accepted and checked, and has no effect yet',
  obsolete: 'obsolete; it is accepted and has no effect',
};

export const configExplain: Command = {
  name: 'config explain',
  synopsis: 'KEY [--data DIR] [--config FILE]',
  summary: 'Tell what a setting means, what it is by default here and in Quay, and what it is now and why',
  run(args) {
    const { values, positionals } = parseOptions(args, COMMON_OPTIONS, { least: 1, most: 1 });
    const key = (positionals[0] ?? '').toUpperCase();
    const description = describeKey(key, configPieces);
    if (description === undefined) {
      const names = describeKeys(configPieces).map((known) => known.key);
      const near = nearestNames(key, names, OFFERED);
      console.error(`There is no setting "${key}"${near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`}`);
      return Promise.resolve(1);
    }
    const config = inspectConfig(configSources(launchOptions(values)));
    for (const line of explain(description, config)) console.log(line);
    return Promise.resolve(0);
  },
};

type ReadConfig = Pick<InspectedConfig<ConfigFields>, 'settings' | 'values'>;

function explain(description: KeyDescription, config: ReadConfig): string[] {
  const { key, unit, state } = description;
  const rows: readonly (readonly [string, string])[] = [
    ['state', state === 'planned' && description.stopsStart ? plannedAndStopping(description) : STATES[state]],
    ['type', unit === undefined ? description.type : `${description.type}, in ${unit}`],
    ['default', written(description.ourDefault)],
    ['in Quay', description.ours ? 'not there' : written(description.quayDefault)],
    ['part', description.owner],
    ['changes', description.reload === 'live' ? 'take effect at once' : 'take effect at the next start'],
    ['environment', `GANTRY_CONFIG_${key}, or GANTRY_CONFIG_${key}_FILE with the name of a file that holds the value`],
    ['now', current(key, config)],
  ];
  return [key, `  ${description.meaning}`, '', ...rows.map(([name, text]) => `  ${name.padEnd(12)} ${text}`)];
}

function plannedAndStopping({ without }: KeyDescription): string {
  const wayOut = without === undefined ? '' : `, unless START_WITHOUT names it (${without})`;
  return `planned; a value that asks for it stops the start${wayOut}`;
}

function current(key: string, { settings, values }: ReadConfig): string {
  const setting = settings.find((found) => found.key === key);
  if (setting === undefined) return 'not set';
  const read = Object.entries(values).find(([name]) => name === key)?.[1];
  const place = setting.line === undefined ? setting.source : `${setting.source}:${setting.line}`;
  return `${written(showValue(key, setting.written, read))} (from ${place})`;
}

function written(value: unknown): string {
  if (value === undefined) return 'none';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
