import type { RequestHandler } from '../platform/http/index.ts';
import { bootstrapOperations } from './bootstrap-operations.ts';
import { capabilityOperations } from './capability-operations.ts';
import { appTokenOperations } from './app-token-operations.ts';
import { applicationOperations } from './application-operations.ts';
import { applicationTokenOperations } from './application-token-operations.ts';
import { authorizationOperations } from './authorization-operations.ts';
import { descriptionOperations } from './description-operations.ts';
import { operationsWithout } from './frame/feature-gate.ts';
import type { Operation } from './frame/operation.ts';
import { OperationTable } from './frame/operation-table.ts';
import { serveOperations } from './frame/serve-operations.ts';
import { messageOperations } from './message-operations.ts';
import type { WebApiPorts } from './ports.ts';
import { allOrganizationOperations } from './organizations/all-operations.ts';
import { permissionOperations } from './permission-operations.ts';
import { repositoryOperations } from './repositories/repository-operations.ts';
import { repositoryTokenOperations } from './repository-token-operations.ts';
import { serverOperations } from './server-operations.ts';
import { serviceKeyOperations } from './service-key-operations.ts';
import { robotFederationOperations } from './robots/robot-federation-operations.ts';
import { robotOperations } from './robots/robot-operations.ts';
import { robotTokenOperations } from './robots/robot-token-operations.ts';
import { allSuperuserOperations } from './superuser/all-operations.ts';
import { allUserOperations } from './users/all-operations.ts';

/** Every operation of the REST API whose features are on, in the order of the description. */
export function webApiOperations(ports: WebApiPorts): readonly Operation[] {
  const operations: readonly Operation[] = operationsWithout(ports.featuresOff, [
    ...descriptionOperations(() => operations, ports.title),
    ...allOrganizationOperations(ports),
    ...bootstrapOperations(ports),
    ...capabilityOperations(),
    ...messageOperations(ports),
    ...appTokenOperations(ports),
    ...applicationOperations(ports),
    ...applicationTokenOperations(ports),
    ...authorizationOperations(ports),
    ...permissionOperations(ports),
    ...repositoryOperations(ports),
    ...repositoryTokenOperations(),
    ...robotOperations(ports),
    ...serverOperations(ports),
    ...serviceKeyOperations(ports),
    ...robotTokenOperations(ports),
    ...robotFederationOperations(ports),
    ...allSuperuserOperations(ports),
    ...allUserOperations(ports),
  ]);
  return operations;
}

/** The REST API `/api/v1` (Quay's). Errors leave as thrown; the pipeline gives them Quay's shape. */
export function createWebApi(ports: WebApiPorts): RequestHandler {
  const operations = webApiOperations(ports);
  const all = webApiOperations({ ...ports, featuresOff: new Set() });
  const absent = all.filter(({ id }) => !operations.some((operation) => operation.id === id));
  return serveOperations(new OperationTable(operations, absent), {
    ...ports,
    cookieName: ports.cookie.name,
    now: () => ports.clock.now(),
  });
}
