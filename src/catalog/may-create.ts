import type { Actor } from '../identity/index.ts';
import { parseRepositoryName } from '../kernel/reference.ts';
import type { Database } from '../platform/db/index.ts';
import type { CatalogPolicy } from './config.ts';
import { resolveAccess } from './resolve-access.ts';

/**
 * Whether the actor may create repositories in a namespace; false as well when there is none. Decided before the name of the new
 * repository is looked at: who may not create anything learns nothing about what is there.
 */
export async function mayCreateIn(
  db: Database,
  policy: CatalogPolicy,
  actor: Actor,
  namespace: string,
): Promise<boolean> {
  // It is a question of the namespace alone, so that any repository in it will do.
  const any = parseRepositoryName(`${namespace}/any`);
  return any !== undefined && (await resolveAccess(db, policy, actor, any)).mayCreate;
}
