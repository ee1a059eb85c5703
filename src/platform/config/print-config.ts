import { stringify } from 'yaml';
import type { ConfigFields } from './define-config.ts';
import type { LoadedConfig } from './load-config.ts';
import { showValue } from './show-value.ts';

/**
 * The configuration in effect as YAML that could be used as a file but for the secrets, which are replaced; with `origin` a
 * comment says where each value comes from.
 */
export function printConfig<F extends ConfigFields>(
  { settings, values }: LoadedConfig<F>,
  { origin }: { readonly origin: boolean },
): string {
  return settings
    .filter(({ key }) => Object.hasOwn(values, key))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ key, written, source, line }) => {
      const shown = showValue(key, written, Object.entries(values).find(([name]) => name === key)?.[1]);
      const text = stringify({ [key]: shown }, { version: '1.1' });
      return origin ? `# from ${source}${line === undefined ? '' : `:${line}`}\n${text}` : text;
    })
    .join('');
}
