import type { AuditActor } from '../audit/index.ts';
import type { Actor } from './model.ts';

/** Who changes something, and from where, for the audit log. */
export interface ChangedBy {
  readonly actor: AuditActor;
  readonly clientAddress?: string | undefined;
}

/** How the audit log names an actor. */
export function auditActor(actor: Actor): AuditActor {
  if (actor.kind === 'anonymous') return { kind: 'anonymous', name: undefined };
  if (actor.kind === 'robot') return { kind: 'robot', name: actor.name };
  return { kind: actor.scopes === undefined ? 'user' : 'oauthtoken', name: actor.name };
}
