import { auditActor, createOrganization } from '../identity/index.ts';
import type { AccountActor, Actor, UserActor } from '../identity/index.ts';
import { AppError } from '../kernel/errors.ts';
import { splitRepositoryName } from '../kernel/reference.ts';
import type { RepositoryName } from '../kernel/reference.ts';
import type { Transaction } from '../platform/db/index.ts';
import type { CatalogPolicy } from './config.ts';
import { createRepository } from './create-repository.ts';
import { decide } from './decide-access.ts';
import type { Repository } from './model.ts';
import { resolveAccessInTransaction } from './resolve-access.ts';

/**
 * The repository to push to: the one that is there, or a new one when the actor may create it. Of parallel first pushes one
 * creates it and the others find it; the same goes for its namespace.
 * Errors: UNAUTHORIZED or DENIED when the actor may not push (any more); NAME_INVALID when new repositories may not be called
 * so; INVALID_REQUEST when the namespace cannot be created.
 */
export async function ensureRepository(
  tx: Transaction,
  policy: CatalogPolicy,
  actor: Actor,
  name: RepositoryName,
  clientAddress?: string,
): Promise<Repository> {
  const found = await repositoryToPush(tx, policy, actor, name, clientAddress);
  if ('id' in found) return found;
  const visibility = policy.createPrivateOnPush ? 'private' : 'public';
  const created = await createRepository(tx, policy, { ...found, name, visibility, clientAddress });
  if (created !== undefined) return created;
  // Another push was faster; what it created need not be open to this actor.
  const now = await repositoryToPush(tx, policy, actor, name, clientAddress);
  if ('id' in now) return now;
  throw new AppError('NAME_UNKNOWN', `Repository "${name}" was deleted while it was pushed to; push again`);
}

async function repositoryToPush(
  tx: Transaction,
  policy: CatalogPolicy,
  actor: Actor,
  name: RepositoryName,
  clientAddress: string | undefined,
): Promise<Repository | { readonly namespaceId: number; readonly creator: AccountActor }> {
  let access = await resolveAccessInTransaction(tx, policy, actor, name);
  if (access.mayCreateNamespace && actor.kind === 'user') {
    const fault = await createNamespace(tx, actor, name, clientAddress);
    access = await resolveAccessInTransaction(tx, policy, actor, name);
    if (fault !== undefined && access.namespace === undefined) throw fault;
  }
  const decision = decide(access, 'push');
  if (decision === 'unauthenticated') throw new AppError('UNAUTHORIZED', `Sign in to push to "${name}"`);
  if (decision === 'allowed') {
    if (access.repository !== undefined) return access.repository;
    if (access.namespace !== undefined && actor.kind !== 'anonymous') {
      return { namespaceId: access.namespace.id, creator: actor };
    }
  }
  throw new AppError('DENIED', `The account may not push to "${name}"`);
}

/** @returns why it could not be created: the name is none for a namespace, or another push was faster */
async function createNamespace(
  tx: Transaction,
  actor: UserActor,
  name: RepositoryName,
  clientAddress: string | undefined,
): Promise<AppError | undefined> {
  const details = clientAddress === undefined ? {} : { clientAddress };
  try {
    await createOrganization(tx, splitRepositoryName(name).namespace, actor, auditActor(actor), details);
    return undefined;
  } catch (error) {
    if (error instanceof AppError && error.code === 'INVALID_REQUEST') return error;
    throw error;
  }
}
