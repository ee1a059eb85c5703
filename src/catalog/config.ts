/** The settings that decide who may see and create repositories. */
export interface CatalogPolicy {
  /** FEATURE_ANONYMOUS_ACCESS: public repositories are readable without signing in. */
  readonly anonymousAccess: boolean;
  /** CREATE_PRIVATE_REPO_ON_PUSH: a repository that is created by a push is private. */
  readonly createPrivateOnPush: boolean;
  /** FEATURE_PUBLIC_CATALOG: the catalog lists public repositories too. */
  readonly publicCatalog: boolean;
}
