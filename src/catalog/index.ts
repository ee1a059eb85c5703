export type { CatalogPolicy } from './config.ts';
export {
  createRepository,
  decide,
  deleteBlob,
  deleteManifest,
  deleteRepository,
  deleteTag,
  ensureRepository,
  findManifestByDigest,
  findManifestByTag,
  grantedActions,
  listReferrers,
  listRepositories,
  listTags,
  putManifest,
  repositoryHoldsBlob,
  resolveAccess,
  searchRepositories,
} from './face.ts';
export { catalogRepositories } from './migrations/0005-catalog-repositories.ts';
export type {
  Decision,
  HeldBlob,
  ManifestRecord,
  NamePage,
  PutManifest,
  PutManifestResult,
  ReferrerDescriptor,
  ReferrerPage,
  ReferrerQuery,
  Repository,
  RepositoryAccess,
  RepositoryAction,
  RepositoryHit,
  StoredManifest,
  TokenAction,
} from './model.ts';
export type { CatalogTables, RepositoryRole, Visibility } from './tables.ts';
