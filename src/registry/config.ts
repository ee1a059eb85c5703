import { z } from 'zod';
import { isNamespaceName } from '../kernel/reference.ts';
import { defineConfig, sizeBytes } from '../platform/config/index.ts';

export const registryConfig = defineConfig({
  MAXIMUM_LAYER_SIZE: {
    schema: sizeBytes(),
    default: '20G',
    description: 'Largest blob that can be pushed; the units are powers of 1024',
  },
  V2_PAGINATION_SIZE: {
    schema: z.int().min(1).max(10_000),
    default: 50,
    description: 'Entries of a tag or catalog page when the client does not say, at least 100 as in Quay',
  },
  FEATURE_LIBRARY_SUPPORT: {
    schema: z.boolean(),
    default: true,
    description: 'A name without a namespace means one in LIBRARY_NAMESPACE',
  },
  LIBRARY_NAMESPACE: {
    schema: z.string().refine(isNamespaceName, 'write a valid namespace name'),
    default: 'library',
    description: 'The namespace of names without one',
  },
  PUSH_TEMP_TAG_EXPIRATION_SEC: {
    schema: z.int().min(60).max(604_800),
    default: 3600,
    unit: 'seconds',
    description: 'How long pushed blobs and untagged manifests are kept although nothing refers to them yet',
  },
  BLOBUPLOAD_DELETION_DATE_THRESHOLD: {
    schema: z.int().min(1).max(525_600),
    default: 2880,
    unit: 'minutes',
    description: 'Age after which an unfinished upload is removed',
  },
  REGISTRY_STATE: {
    schema: z.enum(['normal', 'readonly']),
    default: 'normal',
    description: 'Whether writes are accepted (normal) or refused (readonly)',
  },
});
