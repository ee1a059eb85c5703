import type { Decision, RepositoryAccess, RepositoryAction, TokenAction } from './model.ts';
import { RANK } from './role-rank.ts';

const NEEDED = { pull: RANK.read, push: RANK.write, delete: RANK.write, administer: RANK.admin } as const;

/**
 * Decides one action. Whether a private repository exists is never revealed: whoever may not read it gets, for each action,
 * the same answer as for a missing one (anonymous: `unauthenticated`; signed in: `unknown`, or `denied` for a push).
 */
export function decide(access: RepositoryAccess, action: RepositoryAction): Decision {
  if (!access.actorValid) return 'unauthenticated';
  const { repository } = access;
  if (repository !== undefined && RANK[access.role] >= NEEDED[action]) {
    const changes = action === 'push' || action === 'delete';
    return changes && (repository.state !== 'NORMAL' || access.restricted) ? 'denied' : 'allowed';
  }
  const mayCreate = access.mayCreateByPush || access.mayCreateNamespace;
  if (action === 'push' && repository === undefined && mayCreate) return 'allowed';
  if (access.anonymous) return 'unauthenticated';
  return action === 'push' || access.role !== 'none' ? 'denied' : 'unknown';
}

/** What a registry token may carry for this repository: an upper bound, as every request is decided again. */
export function grantedActions(access: RepositoryAccess): readonly TokenAction[] {
  if (decide(access, 'pull') !== 'allowed') return decide(access, 'push') === 'allowed' ? ['pull', 'push'] : [];
  if (decide(access, 'push') !== 'allowed') return ['pull'];
  return decide(access, 'administer') === 'allowed' ? ['pull', 'push', '*'] : ['pull', 'push'];
}
