import { z } from 'zod';
import type { StandingRules } from '../identity/index.ts';
import { defineConfig } from '../platform/config/index.ts';

/** The settings that decide who may see and create repositories. */
export interface CatalogPolicy {
  /** Who may more, or less, than what he was granted. */
  readonly standing: StandingRules;
  /** FEATURE_ANONYMOUS_ACCESS: public repositories are readable without signing in. */
  readonly anonymousAccess: boolean;
  /** CREATE_PRIVATE_REPO_ON_PUSH: a repository that is created by a push is private. */
  readonly createPrivateOnPush: boolean;
  /** CREATE_NAMESPACE_ON_PUSH: a push into a namespace that is not there makes an organization of that name. */
  readonly createNamespaceOnPush: boolean;
  /** FEATURE_EXTENDED_REPOSITORY_NAMES: new repositories may have more than one "/" in their full name. */
  readonly extendedNames: boolean;
  /** FEATURE_PUBLIC_CATALOG: the catalog lists public repositories too. */
  readonly publicCatalog: boolean;
}

export const catalogConfig = defineConfig({
  FEATURE_ANONYMOUS_ACCESS: {
    schema: z.boolean(),
    default: true,
    description: 'Public repositories can be read without signing in',
  },
  CREATE_PRIVATE_REPO_ON_PUSH: {
    schema: z.boolean(),
    default: true,
    description: 'A repository that is created by a push is private',
  },
  CREATE_NAMESPACE_ON_PUSH: {
    schema: z.boolean(),
    default: false,
    description: 'A push into a namespace that is not there makes it, as an organization of whoever pushes',
  },
  FEATURE_EXTENDED_REPOSITORY_NAMES: {
    schema: z.boolean(),
    default: true,
    description: 'Names of new repositories may have more than one "/"; those that are there stay',
  },
  FEATURE_PUBLIC_CATALOG: {
    schema: z.boolean(),
    default: false,
    description: 'The catalog lists public repositories to everyone',
  },
});
