export type { CatalogPolicy } from './config.ts';
export { countRepositories } from './repository-store.ts';
export { createRepository } from './create-repository.ts';
export type { CreateRepository } from './create-repository.ts';
export { decide, grantedActions } from './decide-access.ts';
export { deleteBlob } from './delete-blob.ts';
export { deleteManifest } from './delete-manifest.ts';
export { deleteRepository } from './delete-repository.ts';
export type { DeleteRepository } from './delete-repository.ts';
export { deleteTag } from './delete-tag.ts';
export { grantRole, revokeRole } from './grant-role.ts';
export type { ChangeGrant } from './grant-role.ts';
export { listGrantsOf, listRolesByTeam, listTeamGrants, listUserGrants } from './grant-store.ts';
export type { Grantee, TeamGrantRow, UserGrantRow } from './grant-store.ts';
export { ensureRepository } from './ensure-repository.ts';
export { findManifestByDigest, findManifestByTag } from './find-manifest.ts';
export { repositoryHoldsBlob } from './hold-blob.ts';
export { listReferrers } from './list-referrers.ts';
export { listRepositories, searchRepositories } from './list-repositories.ts';
export { listTags } from './list-tags.ts';
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
export { putManifest } from './put-manifest.ts';
export { resolveAccess } from './resolve-access.ts';
export type { CatalogTables, RepositoryRole, Visibility } from './tables.ts';
export { catalogConfig } from './config.ts';
