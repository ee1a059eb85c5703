import type { Operation } from '../frame/operation.ts';
import type { WebApiPorts } from '../ports.ts';
import { defaultPermissionOperations } from './default-permission-operations.ts';
import { entityOperations } from './entity-operations.ts';
import { organizationMemberOperations } from './organization-member-operations.ts';
import { organizationOperations } from './organization-operations.ts';
import { teamInviteOperations } from './team-invite-operations.ts';
import { teamMemberOperations } from './team-member-operations.ts';
import { teamOperations } from './team-operations.ts';

/** Organizations, and who is in them. */
export function allOrganizationOperations(ports: WebApiPorts): readonly Operation[] {
  return [
    ...organizationOperations(ports),
    ...organizationMemberOperations(ports),
    ...teamOperations(ports),
    ...teamMemberOperations(ports),
    ...teamInviteOperations(ports),
    ...defaultPermissionOperations(ports),
    ...entityOperations(ports),
  ];
}
