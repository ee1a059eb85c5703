import type { AuditActor } from '../audit/index.ts';
import type { Actor } from './model.ts';

/** How the audit log names an actor. */
export function auditActor(actor: Actor): AuditActor {
  if (actor.kind === 'anonymous') return { kind: 'anonymous', name: undefined };
  if (actor.kind === 'robot') return { kind: 'robot', name: actor.name };
  return { kind: actor.scopes === undefined ? 'user' : 'oauthtoken', name: actor.name };
}
