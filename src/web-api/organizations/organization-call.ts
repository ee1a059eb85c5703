import { auditActor, type ChangedBy, type InvitePorts, type OrganizationKey } from '../../identity/index.ts';
import { AppError } from '../../kernel/errors.ts';
import { authorizeCall, type AuthorizePorts } from '../frame/authorize-call.ts';
import type { Call, Operation, Permission } from '../frame/operation.ts';
import type { WebApiPorts } from '../ports.ts';

type AnyCall = Pick<Call<unknown, unknown>, 'actor' | 'context' | 'granted' | 'params'>;

/** Who may change an organization. */
export const ADMINISTRATORS = { kind: 'organization', role: 'admin', superusers: 'full' } as const satisfies Permission;

/** Who sees what is in an organization. */
export const MEMBERS = { kind: 'organization', role: 'member', superusers: 'always' } as const satisfies Permission;

/** The organization that the permission of the operation is about. */
export function organizationOf({ granted }: Pick<AnyCall, 'granted'>): OrganizationKey {
  if (granted.organization === undefined) throw new Error('The permission of the operation is about no organization');
  return granted.organization;
}

/** What every change of an organization says about who makes it. */
export function changeBy(call: AnyCall): {
  readonly organization: OrganizationKey;
  readonly by: ChangedBy;
  readonly administrator: number | undefined;
} {
  const { actor, granted } = call;
  const byTeam = actor.kind === 'user' && granted.role === 'admin';
  return { organization: organizationOf(call), by: changedBy(call), administrator: byTeam ? actor.userId : undefined };
}

export function changedBy({ actor, context }: Pick<AnyCall, 'actor' | 'context'>): ChangedBy {
  return { actor: auditActor(actor), clientAddress: context.clientAddress };
}

/** Whether the caller has a permission beyond that of the operation, for what depends on it in an answer. */
export async function isGranted(
  ports: AuthorizePorts,
  decided: Pick<Operation, 'permission' | 'method'>,
  { actor, params }: Pick<AnyCall, 'actor' | 'params'>,
): Promise<boolean> {
  try {
    await authorizeCall(ports, decided, actor, params);
    return true;
  } catch (error) {
    if (error instanceof AppError && [401, 403, 404].includes(error.status)) return false;
    throw error;
  }
}

/** How people are invited to teams, with links that lead where the caller reaches the registry. */
export function invitePorts(
  { mailer, organizations }: WebApiPorts,
  { context }: Pick<AnyCall, 'context'>,
): InvitePorts {
  return { mailer, required: organizations.requireTeamInvite, origin: context.origin };
}
