import { createHash } from 'node:crypto';
import { STANDING } from '../../../test/support/standing.ts';
import { ANONYMOUS } from '../../identity/index.ts';
import type { IdentityTables, OAuthScope, UserActor } from '../../identity/index.ts';
import { digestOf } from '../../kernel/digest.ts';
import type { Digest } from '../../kernel/digest.ts';
import { MEDIA_TYPES } from '../../kernel/media-types.ts';
import { parseRepositoryName, parseTag } from '../../kernel/reference.ts';
import type { RepositoryName, Tag } from '../../kernel/reference.ts';
import type { Database } from '../../platform/db/index.ts';
import type { StorageTables } from '../../storage/index.ts';
import type { CatalogPolicy } from '../config.ts';
import { deleteRepository } from '../delete-repository.ts';
import type { ManifestRecord } from '../model.ts';
import type { CatalogTables, RepositoryRole, Visibility } from '../tables.ts';

/* Rows and records for the tests of this slice. */

type Tables = CatalogTables & StorageTables & IdentityTables;

export const POLICY: CatalogPolicy = {
  standing: STANDING,
  anonymousAccess: true,
  createPrivateOnPush: true,
  createNamespaceOnPush: false,
  extendedNames: true,
  publicCatalog: false,
};

export function repositoryName(text: string): RepositoryName {
  const name = parseRepositoryName(text);
  if (name === undefined) throw new Error(`"${text}" is not a repository name`);
  return name;
}

export function tag(text: string): Tag {
  const parsed = parseTag(text);
  if (parsed === undefined) throw new Error(`"${text}" is not a tag`);
  return parsed;
}

export function digest(content: string | Uint8Array, algorithm: 'sha256' | 'sha512' = 'sha256'): Digest {
  return digestOf(algorithm, createHash(algorithm).update(content).digest('hex'));
}

/** A manifest record of the given content; everything not named is absent. */
export function record(content: string, parts: Partial<ManifestRecord> = {}): ManifestRecord {
  const bytes = new TextEncoder().encode(content);
  return {
    digest: digest(bytes),
    digestSha512: undefined,
    mediaType: MEDIA_TYPES.ociManifest,
    bytes,
    configMediaType: undefined,
    artifactType: undefined,
    subject: undefined,
    annotations: undefined,
    blobs: [],
    optionalBlobs: [],
    children: [],
    layersSizeBytes: undefined,
    ...parts,
  };
}

export function actorOf(userId: number, scopes?: readonly OAuthScope[]): UserActor {
  return { kind: 'user', userId, name: `user${userId}`, passwordVersion: 1, scopes };
}

/** Deletes a repository as its namespace's owner would. */
export async function removeRepository(db: Database, repositoryId: number): Promise<boolean> {
  const repository = { id: repositoryId, namespaceId: 0, visibility: 'private', state: 'NORMAL' } as const;
  const name = repositoryName('some/repository');
  return db.transaction((tx) => deleteRepository(tx, { repository, name, actor: ANONYMOUS }));
}

export async function addNamespace(
  db: Database,
  name: string,
  kind: 'user' | 'organization' = 'user',
): Promise<number> {
  return db.transaction(async (tx) => {
    const { id } = await tx
      .query<Tables>()
      .insertInto('namespace')
      .values({ name, kind, created_at: await tx.now() })
      .returning('id')
      .executeTakeFirstOrThrow();
    if (kind === 'user') {
      const account = { namespace_id: id, uuid: `uuid-of-${name}`, email: null, password_hash: null };
      await tx.query<Tables>().insertInto('user_account').values(account).execute();
    }
    return id;
  });
}

export async function addTeam(
  db: Database,
  organizationId: number,
  name: string,
  role: 'member' | 'creator' | 'admin',
  members: readonly number[],
): Promise<number> {
  return db.transaction(async (tx) => {
    const { id } = await tx
      .query<Tables>()
      .insertInto('team')
      .values({ organization_id: organizationId, name, role })
      .returning('id')
      .executeTakeFirstOrThrow();
    for (const member of members) {
      await tx.query<Tables>().insertInto('team_member').values({ team_id: id, user_id: member }).execute();
    }
    return id;
  });
}

export async function addRepository(
  db: Database,
  namespaceId: number,
  name: string,
  visibility: Visibility = 'private',
): Promise<number> {
  return db.transaction(async (tx) => {
    const { id } = await tx
      .query<Tables>()
      .insertInto('repository')
      .values({
        namespace_id: namespaceId,
        name,
        visibility,
        description: null,
        created_at: await tx.now(),
        deleted_at: null,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    return id;
  });
}

export async function grant(
  db: Database,
  repositoryId: number,
  to: { readonly user: number } | { readonly team: number },
  role: RepositoryRole,
): Promise<void> {
  const holder = 'user' in to ? { user_id: to.user, team_id: null } : { user_id: null, team_id: to.team };
  await db.transaction(async (tx) => {
    await tx
      .query<Tables>()
      .insertInto('repository_permission')
      .values({ repository_id: repositoryId, role, ...holder })
      .execute();
  });
}

/** Stores a blob's row and leases it to the repository for `leaseMs` (may be negative: a lease that has run out). */
export async function uploadBlob(
  db: Database,
  repositoryId: number,
  content: string,
  options: { readonly leaseMs?: number; readonly sha512?: boolean } = {},
): Promise<Digest> {
  const sha256 = digest(content);
  const sha512 = options.sha512 === true ? digest(content, 'sha512') : null;
  await db.transaction(async (tx) => {
    const now = await tx.now();
    const row = { sha256, sha512, size_bytes: content.length, created_at: now };
    const { id } = await tx
      .query<Tables>()
      .insertInto('blob')
      .values(row)
      .onConflict((conflict) => conflict.column('sha256').doUpdateSet({ size_bytes: content.length }))
      .returning('id')
      .executeTakeFirstOrThrow();
    const expires = now + (options.leaseMs ?? 3_600_000);
    await tx
      .query<Tables>()
      .insertInto('lease')
      .values({ repository_id: repositoryId, blob_id: id, expires_at: expires })
      .onConflict((conflict) => conflict.columns(['repository_id', 'blob_id']).doUpdateSet({ expires_at: expires }))
      .execute();
  });
  return sha512 ?? sha256;
}
