import type { AuditActor } from '../audit/index.ts';
import type { Actor } from '../identity/index.ts';

/** The actor as the audit log names him. */
export function auditActor(actor: Actor): AuditActor {
  if (actor.kind === 'anonymous') return { kind: 'anonymous', name: undefined };
  return { kind: actor.scopes === undefined ? 'user' : 'oauthtoken', name: actor.name };
}
