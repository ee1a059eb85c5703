export type { CatalogPolicy } from './config.ts';
export { countRepositories } from './repository-store.ts';
export { createRepository, createRepositoryFor } from './create-repository.ts';
export type { CreateRepository, NewRepositoryRequest } from './create-repository.ts';
export { changeVisibility } from './change-visibility.ts';
export { decide, grantedActions } from './decide-access.ts';
export { deleteBlob } from './delete-blob.ts';
export { deleteManifest } from './delete-manifest.ts';
export { deleteNamespace } from './delete-namespace.ts';
export { deleteOrganization } from './delete-organization.ts';
export { deleteTeam } from './delete-team.ts';
export { deleteRepository } from './delete-repository.ts';
export { describeRepository } from './describe-repository.ts';
export { deleteUser } from './delete-user.ts';
export { convertUser } from './convert-user.ts';
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
export { listVisibleRepositories } from './list-visible-repositories.ts';
export type { VisiblePage, VisibleRepositories } from './list-visible-repositories.ts';
export type { RepositoryRow } from './repository-page-store.ts';
export { listCollaborators, listMembers } from './list-members.ts';
export { listGrantsOfTeam, listTeams } from './list-teams.ts';
export { listTags } from './list-tags.ts';
export { catalogRepositoryLists } from './migrations/0025-catalog-repository-lists.ts';
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
  RepositoryChange,
  RepositoryHit,
  StoredManifest,
  TokenAction,
} from './model.ts';
export { mayCreateIn } from './may-create.ts';
export { findRepositoryDetails, listNewestTags } from './show-repository.ts';
export type { RepositoryDetails, TagOverview } from './show-repository.ts';
export { putManifest } from './put-manifest.ts';
export { removeOrganizationMember } from './remove-organization-member.ts';
export { resolveAccess } from './resolve-access.ts';
export type { TeamGrantPageRow, TeamOverviewRow } from './team-store.ts';
export type { CatalogTables, RepositoryRole, Visibility } from './tables.ts';
export { catalogConfig } from './config.ts';
