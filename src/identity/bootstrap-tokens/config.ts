import { z } from 'zod';
import { type ConfigRule, defineConfig } from '../../platform/config/index.ts';
import { isOAuthScope, OAUTH_SCOPES, type OAuthScope } from '../model.ts';

const YEAR_SECONDS = 31_536_000;

export const bootstrapConfig = defineConfig({
  FEATURE_PROGRAMMATIC_BOOTSTRAP: {
    schema: z.boolean(),
    default: false,
    description:
      'A token for the API, for programs on this machine, is made at the start and written to BOOTSTRAP_TOKEN_PATH',
  },
  BOOTSTRAP_TOKEN_OWNER: {
    schema: z.string().min(1).max(255),
    description: 'Superuser to whom that token belongs',
  },
  BOOTSTRAP_TOKEN_PATH: {
    schema: z.string().min(1).max(4096),
    default: 'quay-machine-token.json',
    quayDefault: '/var/lib/quay/quay-machine-token.json',
    description: 'File that the token is written to; from the data directory when it begins with no slash',
  },
  BOOTSTRAP_TOKEN_EXPIRATION: {
    schema: z.int().min(60).max(YEAR_SECONDS),
    default: 3600,
    unit: 'seconds',
    description: 'How long the token is valid unless it is renewed',
  },
  BOOTSTRAP_TOKEN_SCOPE: {
    schema: z.string().transform((text, context): readonly OAuthScope[] => {
      const scopes = text.split(/[ ,]+/).filter((word) => word !== '');
      const known = scopes.filter(isOAuthScope);
      if (known.length > 0 && known.length === scopes.length) return known;
      context.addIssue({
        code: 'custom',
        message: `write some of these, with spaces between: ${OAUTH_SCOPES.join(' ')}`,
      });
      return z.NEVER;
    }),
    default: OAUTH_SCOPES.join(' '),
    description: 'What the token allows',
  },
});

export const bootstrapRules: readonly ConfigRule<typeof bootstrapConfig>[] = [
  {
    key: 'FEATURE_PROGRAMMATIC_BOOTSTRAP',
    check: (values) =>
      values.FEATURE_PROGRAMMATIC_BOOTSTRAP && values.BOOTSTRAP_TOKEN_OWNER === undefined
        ? 'The token must belong to a superuser; name one in BOOTSTRAP_TOKEN_OWNER'
        : undefined,
  },
];
