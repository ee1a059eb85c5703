import type { Robot, RobotOwner } from '../../identity/index.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Call, Permission } from '../frame/operation.ts';
import type { WebApiPorts } from '../ports.ts';

/** Robots are the same below a user and below an organization; this is what differs. */
export interface OwnerKind {
  readonly path: string;
  /** `User` or `Org`, within Quay's operationIds. */
  readonly word: string;
  readonly read: Permission;
  readonly write: Permission;
  /** To see what robots may; superusers are left out, as in Quay. */
  readonly grants: Permission;
  readonly scope: 'user:admin' | 'org:admin';
}

export const OWNER_KINDS: readonly OwnerKind[] = [
  {
    path: '/user',
    word: 'User',
    read: { kind: 'user' },
    write: { kind: 'user' },
    grants: { kind: 'user' },
    scope: 'user:admin',
  },
  {
    path: '/organization/{orgname}',
    word: 'Org',
    read: { kind: 'organization', role: 'admin', superusers: 'always' },
    write: { kind: 'organization', role: 'admin', superusers: 'full' },
    grants: { kind: 'organization', role: 'admin' },
    scope: 'org:admin',
  },
];

/** Of operations that change robots. */
export const CHANGES = { notRestricted: true } as const;

type OwnedCall = Pick<Call<unknown, unknown>, 'granted' | 'actor' | 'params'>;

export function ownerOf({ granted, actor }: Pick<OwnedCall, 'granted' | 'actor'>): RobotOwner {
  if (granted.organization !== undefined) return granted.organization;
  if (actor.kind === 'user') return { id: actor.userId, name: actor.name };
  throw new Error('Robots have an owner');
}

/** Errors: INVALID_REQUEST, as Quay answers for a robot that is not there. */
export async function findRobot({ robots }: Pick<WebApiPorts, 'robots'>, call: OwnedCall): Promise<Robot> {
  const owner = ownerOf(call);
  const shortName = call.params['robot_shortname'] ?? '';
  const robot = await robots.find(owner, shortName);
  if (robot !== undefined) return robot;
  const shown = `${owner.name}+${shortName.slice(0, 64)}`;
  throw new AppError('INVALID_REQUEST', `Could not find robot with specified username: ${shown}`);
}

/** @param text RFC 3339, checked by its schema */
export function timeOf(text: string | null | undefined): number | undefined {
  return text === null || text === undefined ? undefined : Date.parse(text);
}

export function iso(milliseconds: number | undefined): string | null {
  return milliseconds === undefined ? null : new Date(milliseconds).toISOString();
}
