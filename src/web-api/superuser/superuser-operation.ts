import { auditActor, type NewOwner } from '../../identity/index.ts';
import type { Call } from '../frame/operation.ts';

/** What the operations of this resource have in common. */
export const SUPERUSER = {
  tag: 'superuser',
  scope: 'super:user',
  permission: { kind: 'superuser' },
  flags: { freshLogin: true, feature: 'FEATURE_SUPER_USERS' },
} as const;

/** The same for those of the web pages. */
export const SUPERUSER_INTERNAL = { ...SUPERUSER, flags: { ...SUPERUSER.flags, internal: true } } as const;

/** What every change says about the superuser who makes it. */
export function administeredBy({ actor, context }: Pick<Call<unknown, unknown>, 'actor' | 'context'>): NewOwner {
  // Without an id it would be the operator, who may more.
  if (actor.kind !== 'user') throw new Error('Only a user can be a superuser');
  return { actor: auditActor(actor), userId: actor.userId, clientAddress: context.clientAddress };
}
