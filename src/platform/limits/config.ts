import { z } from 'zod';
import { isNamespaceName } from '../../kernel/reference.ts';
import { type ConfigValues, defineConfig } from '../config/index.ts';
import type { RequestLimitSettings } from './request-limits.ts';

const perSecond = () => z.number().min(0.1).max(1_000_000);

/** Request limits. The rates are Quay's for HTTP/1.1, where they stand in a template and cannot be set. */
export const limitsConfig = defineConfig({
  FEATURE_RATE_LIMITS: {
    schema: z.boolean(),
    default: false,
    description:
      'Limits how many requests a second each caller may send: each user by credentials, everybody else by address',
  },
  NON_RATE_LIMITED_NAMESPACES: {
    schema: z.array(z.string().refine(isNamespaceName, 'write the name of a user or an organization')),
    default: [],
    description: 'Namespaces whose repositories FEATURE_RATE_LIMITS does not apply to',
  },
  RATE_LIMIT_VERY_LIGHT: {
    schema: perSecond(),
    default: 60,
    unit: 'requests a second',
    description: 'What a caller may ask of what costs least: blobs, parts of uploads, web pages',
    ours: true,
  },
  RATE_LIMIT_LIGHT: {
    schema: perSecond(),
    default: 50,
    unit: 'requests a second',
    description:
      'What a caller may ask of everything that is neither very light nor heavy: manifests, tokens, most of the API',
    ours: true,
  },
  RATE_LIMIT_HEAVY: {
    schema: perSecond(),
    default: 5,
    unit: 'requests a second',
    description: 'What a caller may ask of what costs most: tag lists, the catalog, searches, logs',
    ours: true,
  },
  RATE_LIMIT_NAMESPACE_TOKENS: {
    schema: perSecond(),
    default: 120,
    unit: 'requests a second',
    description: 'Registry tokens that all callers together may ask for the repositories of one namespace',
    ours: true,
  },
  RATE_LIMIT_BURST_SECONDS: {
    schema: z.int().min(1).max(60),
    default: 4,
    unit: 'seconds',
    description: 'A caller who has paused may send what this many seconds allow at once',
    ours: true,
  },
});

/** undefined: requests are not limited. */
export function requestLimitSettings(values: ConfigValues<typeof limitsConfig>): RequestLimitSettings | undefined {
  if (!values.FEATURE_RATE_LIMITS) return undefined;
  return {
    rates: {
      'very-light': values.RATE_LIMIT_VERY_LIGHT,
      light: values.RATE_LIMIT_LIGHT,
      heavy: values.RATE_LIMIT_HEAVY,
    },
    namespaceTokens: values.RATE_LIMIT_NAMESPACE_TOKENS,
    burstSeconds: values.RATE_LIMIT_BURST_SECONDS,
    exemptNamespaces: values.NON_RATE_LIMITED_NAMESPACES,
  };
}
