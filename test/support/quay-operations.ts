import { readFileSync } from 'node:fs';
import { z } from 'zod';

const quayOperation = z.object({
  /** The file that holds it in Quay, which is also its tag in the description. */
  module: z.string(),
  method: z.enum(['GET', 'POST', 'PUT', 'DELETE']),
  path: z.string(),
  operationId: z.string(),
  scope: z.string().nullable(),
  internal: z.boolean(),
  freshLogin: z.boolean(),
  anonymousAllowed: z.boolean(),
  worksReadOnly: z.boolean(),
  /** FEATURE_ keys, without that prefix, that must all be on for it to exist. */
  features: z.array(z.string()),
  query: z.array(z.string()),
  /** Of each parameter. */
  queryTypes: z.array(z.enum(['string', 'integer', 'boolean'])),
  body: z.boolean(),
  statuses: z.array(z.int()),
  /** Who may call it, in the words of the table: a role, `self`, or `-`; SU and RO are superusers of both kinds. */
  who: z.string(),
});

export type QuayOperation = z.infer<typeof quayOperation>;

/** The REST operations of Quay, as its public description and its sources state them: what ours are compared with. */
export const QUAY_OPERATIONS: readonly QuayOperation[] = z
  .array(quayOperation)
  .parse(JSON.parse(readFileSync(new URL('../fixtures/api/operations.json', import.meta.url), 'utf8')));

/** What robots can do beyond Quay's, by operationId, and the operation of Quay that is for the same callers. */
export const ROBOT_EXTRAS: ReadonlyMap<string, string> = new Map(
  ['User', 'Org'].flatMap((owner) => [
    [`list${owner}RobotTokens`, `get${owner}Robots`],
    ...[
      `create${owner}RobotToken`,
      `delete${owner}RobotToken`,
      `change${owner}RobotExpiry`,
      `test${owner}RobotFederation`,
    ].map((id) => [id, `create${owner}Robot`] as const),
  ]),
);
