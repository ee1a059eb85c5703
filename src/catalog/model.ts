import type { Actor } from '../identity/index.ts';
import type { Digest } from '../kernel/digest.ts';
import type { Reach } from '../identity/index.ts';
import type { RepositoryName, Tag } from '../kernel/reference.ts';
import type { RepositoryRole, Visibility } from './tables.ts';

/** What the catalog needs to know about a manifest; made by whoever has parsed and checked its bytes. */
export interface ManifestRecord {
  /** sha256 of `bytes`; always known, whatever digest the client used. */
  readonly digest: Digest;
  /** sha512 of `bytes`, only when the client pushed it under that digest. */
  readonly digestSha512: Digest | undefined;
  readonly mediaType: string;
  /** Exactly as pushed. */
  readonly bytes: Uint8Array;
  readonly configMediaType: string | undefined;
  /** As the referrers list reports it: `artifactType`, or else the config's media type of an image manifest. */
  readonly artifactType: string | undefined;
  /** Digest of `subject` as written in the manifest; the subject need not exist. */
  readonly subject: Digest | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
  /** Config and layers, as written; undistributable layers left out. Repeats are harmless. */
  readonly blobs: readonly Digest[];
  /** Undistributable layers: they need not be there, and are kept with the manifest when they are. */
  readonly optionalBlobs: readonly Digest[];
  /** Entries of an index, as written. Repeats are harmless. */
  readonly children: readonly Digest[];
  /** Sum of what the layers of an image manifest say of their sizes; undefined for whatever has no layers. */
  readonly layersSizeBytes: number | undefined;
}

export interface Repository {
  readonly id: number;
  readonly namespaceId: number;
  readonly visibility: Visibility;
  readonly state: 'NORMAL' | 'READ_ONLY' | 'MIRROR';
}

/** A change of a repository as a whole, for the change itself and for the audit log. */
export interface RepositoryChange {
  readonly repository: Repository;
  readonly name: RepositoryName;
  readonly actor: Actor;
  readonly clientAddress?: string | undefined;
}

/** What one actor may do with one repository name, at this moment. Made by `resolveAccess` only. */
export interface RepositoryAccess {
  readonly name: RepositoryName;
  /** undefined: there is none of that name (deleted ones included), or its namespace is missing or disabled. */
  readonly repository: Repository | undefined;
  /** undefined: missing or disabled. */
  readonly namespace: { readonly id: number; readonly kind: 'user' | 'organization' } | undefined;
  /** False when the account is gone, disabled, or has changed its password since it signed in. Anonymous is valid. */
  readonly actorValid: boolean;
  readonly anonymous: boolean;
  /** How far the actor reaches as a superuser: `full` gives the role admin everywhere; `read` everything that can be read. */
  readonly reach: Reach;
  /** Whether he may put nothing here, whatever his role: it is his own namespace, and his account is restricted. */
  readonly restricted: boolean;
  readonly role: 'none' | RepositoryRole;
  /** Whether the actor may create repositories in this namespace. */
  readonly mayCreate: boolean;
  /** Whether the actor may create this repository by pushing to it. */
  readonly mayCreateByPush: boolean;
  /** Whether a push of the actor creates the namespace, which is not there (CREATE_NAMESPACE_ON_PUSH). */
  readonly mayCreateNamespace: boolean;
}

export type RepositoryAction = 'pull' | 'push' | 'delete' | 'administer';

/** `unauthenticated`: 401 with a challenge; `denied`: 403; `unknown`: 404 NAME_UNKNOWN. */
export type Decision = 'allowed' | 'unauthenticated' | 'denied' | 'unknown';

/** An action of the token protocol. `*` is everything. */
export type TokenAction = 'pull' | 'push' | '*';

/** A manifest as it is served. */
export interface StoredManifest {
  readonly id: number;
  readonly digest: Digest;
  readonly digestSha512: Digest | undefined;
  readonly mediaType: string;
  readonly sizeBytes: number;
  readonly bytes: Uint8Array;
}

/** A blob that a repository may read. */
export interface HeldBlob {
  readonly blobId: number;
  readonly sha256: Digest;
  readonly sizeBytes: number;
}

export interface PutManifest {
  readonly repositoryId: number;
  readonly record: ManifestRecord;
  readonly tags: readonly Tag[];
  /** How long (ms) the manifest stays even if nothing refers to it; 0 when it is pushed by tag only. */
  readonly keepForMs: number;
}

/** What a put changed. */
export interface PutManifestResult {
  readonly manifestId: number;
  readonly tags: readonly { readonly name: Tag; readonly change: 'created' | 'moved' | 'unchanged' }[];
}

/** One entry of the referrers list (image-spec descriptor.md). */
export interface ReferrerDescriptor {
  readonly mediaType: string;
  readonly size: number;
  /** As it was pushed: the sha512 digest when the client used that one. */
  readonly digest: Digest;
  readonly artifactType: string | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
}

export interface ReferrerPage {
  readonly referrers: readonly ReferrerDescriptor[];
  /** To be given as `after` for the next page; undefined on the last one. */
  readonly next: Digest | undefined;
}

export interface ReferrerQuery {
  readonly artifactType?: string | undefined;
  readonly after?: Digest | undefined;
  /** Entries per page, 1 to 1000. */
  readonly limit: number;
}

/** A page of a list that is ordered bytewise by name. */
export interface NamePage {
  /** Names that sort after this one; need not exist. */
  readonly after?: string | undefined;
  /** 0 to 10000. */
  readonly limit: number;
}

/** One hit of `searchRepositories`. */
export interface RepositoryHit {
  readonly name: RepositoryName;
  readonly description: string;
  readonly visibility: Visibility;
}
