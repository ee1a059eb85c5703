import { stringify } from 'yaml';
import { isSensitiveKey } from '../../kernel/sensitive-key.ts';
import type { ConfigFields } from './define-config.ts';
import type { LoadedConfig } from './load-config.ts';
import { Secret } from './secret.ts';

const SHOWN = '[redacted]';

/**
 * The configuration in effect as YAML that could be used as a file but for the secrets, which are replaced; a comment says
 * where each value comes from.
 */
export function printConfig<F extends ConfigFields>(config: LoadedConfig<F>): string {
  const values = new Map(Object.entries(config.values));
  return config.settings
    .filter(({ key }) => values.has(key))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ key, written, source }) => {
      const isSecret = values.get(key) instanceof Secret;
      const text = stringify({ [key]: isSecret ? SHOWN : withoutSecrets(written) }, { version: '1.1' });
      return `# from ${source}\n${text}`;
    })
    .join('');
}

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, isSensitiveKey(key) ? SHOWN : withoutSecrets(part)]),
  );
}
