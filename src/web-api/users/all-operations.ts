import type { Operation } from '../frame/operation.ts';
import type { WebApiPorts } from '../ports.ts';
import { accountOperations } from './account-operations.ts';
import { initializeOperation } from './initialize-operation.ts';
import { sessionOperations } from './session-operations.ts';
import { userOperations } from './user-operations.ts';

export function allUserOperations(ports: WebApiPorts): readonly Operation[] {
  return [
    ...initializeOperation(ports),
    ...userOperations(ports),
    ...accountOperations(ports),
    ...sessionOperations(ports),
  ];
}
