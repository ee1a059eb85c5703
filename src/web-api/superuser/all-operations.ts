import type { Operation } from '../frame/operation.ts';
import type { WebApiPorts } from '../ports.ts';
import { installOrganizationOperations } from './organization-operations.ts';
import { installServerOperations } from './server-operations.ts';
import { installUserOperations } from './user-operations.ts';

/** What superusers do with the whole registry. */
export function allSuperuserOperations(ports: WebApiPorts): readonly Operation[] {
  return [...installOrganizationOperations(ports), ...installServerOperations(ports), ...installUserOperations(ports)];
}
