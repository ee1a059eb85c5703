import type { Actor } from '../identity/index.ts';
import type { Digest } from '../kernel/digest.ts';
import type { RepositoryName, Tag } from '../kernel/reference.ts';
import type { Database, Transaction } from '../platform/db/index.ts';
import type { CatalogPolicy } from './config.ts';
import type {
  Decision,
  HeldBlob,
  NamePage,
  PutManifest,
  PutManifestResult,
  ReferrerPage,
  ReferrerQuery,
  Repository,
  RepositoryAccess,
  RepositoryAction,
  RepositoryHit,
  StoredManifest,
  TokenAction,
} from './model.ts';
import type { Visibility } from './tables.ts';

/** The one authorization function of repositories: everything that bears on it, read live in one query. */
export declare function resolveAccess(
  db: Database,
  policy: CatalogPolicy,
  actor: Actor,
  name: RepositoryName,
): Promise<RepositoryAccess>;
export declare function decide(access: RepositoryAccess, action: RepositoryAction): Decision;
/** What a registry token may carry for this repository. */
export declare function grantedActions(access: RepositoryAccess): readonly TokenAction[];

/**
 * The repository to push to: the one that is there, or a new one when the actor may create it. Safe against parallel first pushes.
 * Errors: DENIED when access was lost meanwhile, NAME_UNKNOWN when the namespace is gone.
 */
export declare function ensureRepository(
  tx: Transaction,
  policy: CatalogPolicy,
  actor: Actor,
  name: RepositoryName,
): Promise<Repository>;
/** undefined: the name is taken. The caller has checked `mayCreate`. */
export declare function createRepository(
  tx: Transaction,
  input: {
    readonly namespaceId: number;
    readonly name: string;
    readonly visibility: Visibility;
    readonly description?: string;
    readonly creatorId: number;
  },
): Promise<Repository | undefined>;
/** Returns whether there was one. Its name is free at once. */
export declare function deleteRepository(tx: Transaction, repositoryId: number): Promise<boolean>;
/** Names for `_catalog`. Anonymous: empty. */
export declare function listRepositories(
  db: Database,
  policy: CatalogPolicy,
  actor: Actor,
  page: NamePage,
): Promise<RepositoryName[]>;
/** Repositories the actor may read whose name contains the text; at most `limit` (1 to 100), bytewise sorted. */
export declare function searchRepositories(
  db: Database,
  policy: CatalogPolicy,
  actor: Actor,
  text: string,
  limit: number,
): Promise<RepositoryHit[]>;

/** Errors: MANIFEST_BLOB_UNKNOWN (detail lists the digests), NAME_UNKNOWN when the repository is gone. */
export declare function putManifest(tx: Transaction, input: PutManifest): Promise<PutManifestResult>;
export declare function findManifestByTag(
  db: Database,
  repositoryId: number,
  tag: Tag,
): Promise<StoredManifest | undefined>;
export declare function findManifestByDigest(
  db: Database,
  repositoryId: number,
  digest: Digest,
): Promise<StoredManifest | undefined>;
export declare function listTags(db: Database, repositoryId: number, page: NamePage): Promise<Tag[]>;
export declare function listReferrers(
  db: Database,
  repositoryId: number,
  subject: Digest,
  query: ReferrerQuery,
): Promise<ReferrerPage>;
/** The blob when this repository may read it: a manifest of it uses it, or a lease of the repository lives. */
export declare function repositoryHoldsBlob(
  db: Database,
  repositoryId: number,
  digest: Digest,
): Promise<HeldBlob | undefined>;

/** Errors: MANIFEST_UNKNOWN. */
export declare function deleteTag(tx: Transaction, repositoryId: number, tag: Tag): Promise<void>;
/** Errors: MANIFEST_UNKNOWN. */
export declare function deleteManifest(tx: Transaction, repositoryId: number, digest: Digest): Promise<void>;
/** Errors: BLOB_IN_USE, BLOB_UNKNOWN. */
export declare function deleteBlob(tx: Transaction, repositoryId: number, digest: Digest): Promise<void>;
