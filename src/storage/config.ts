import { z } from 'zod';
import { type ConfigRule, defineConfig } from '../platform/config/index.ts';

const OTHER_ENGINES = new Set([
  'S3Storage',
  'STSS3Storage',
  'CloudFrontedS3Storage',
  'CloudFlareStorage',
  'AkamaiS3Storage',
  'MultiCDNStorage',
  'GoogleCloudStorage',
  'RadosGWStorage',
  'RHOCSStorage',
  'IBMCloudStorage',
  'AzureStorage',
  'SwiftStorage',
]);

/** One engine as written in the file: `[driver, {parameters}]`. */
const engine = z
  .tuple([z.string(), z.record(z.string(), z.unknown())], { error: 'write [driver, {parameters}]' })
  .transform(([driver, parameters], context) => {
    const path = parameters['storage_path'];
    if (driver !== 'LocalStorage') {
      const message = OTHER_ENGINES.has(driver)
        ? `"${driver}" is not built into this version; only LocalStorage is`
        : `There is no storage driver "${driver}"; use LocalStorage`;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    }
    if (typeof path === 'string' && path !== '') return { driver: 'LocalStorage' as const, storagePath: path };
    context.addIssue({ code: 'custom', path: [1, 'storage_path'], message: 'name the directory for the blobs' });
    return z.NEVER;
  });

export const storageConfig = defineConfig({
  DISTRIBUTED_STORAGE_CONFIG: {
    schema: z.record(z.string(), engine).refine((engines) => Object.keys(engines).length === 1, {
      error: 'exactly one storage engine can be used in this version',
    }),
    description:
      'The storage engine: {name: [LocalStorage, {storage_path: DIR}]}. Default: the directory blobs in the data directory',
    quayDefault: 'required',
  },
  DISTRIBUTED_STORAGE_PREFERENCE: {
    schema: z.array(z.string()),
    default: [],
    description: 'Names of the storage engines, the preferred first',
  },
  DISTRIBUTED_STORAGE_DEFAULT_LOCATIONS: {
    schema: z.array(z.string()),
    default: [],
    description: 'Names of the storage engines that hold every blob',
  },
});

const unknownEngine = (names: readonly string[], engines: object | undefined): string | undefined => {
  const stranger = engines === undefined ? undefined : names.find((name) => !Object.hasOwn(engines, name));
  return stranger === undefined ? undefined : `DISTRIBUTED_STORAGE_CONFIG has no engine "${stranger}"`;
};

export const storageRules: readonly ConfigRule<typeof storageConfig>[] = [
  {
    key: 'DISTRIBUTED_STORAGE_PREFERENCE',
    check: (values) => unknownEngine(values.DISTRIBUTED_STORAGE_PREFERENCE, values.DISTRIBUTED_STORAGE_CONFIG),
  },
  {
    key: 'DISTRIBUTED_STORAGE_DEFAULT_LOCATIONS',
    check: (values) => unknownEngine(values.DISTRIBUTED_STORAGE_DEFAULT_LOCATIONS, values.DISTRIBUTED_STORAGE_CONFIG),
  },
];
