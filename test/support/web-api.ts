import type { Identity } from '../../src/identity/index.ts';
import { type Clock, systemClock } from '../../src/kernel/clock.ts';
import type { Database } from '../../src/platform/db/index.ts';
import type { WebApiPorts } from '../../src/web-api/index.ts';

export const POLICY = { anonymousAccess: true, createPrivateOnPush: true, publicCatalog: false };

/** What the REST API is made of in tests; `rules` change its settings. */
export function webApiPorts(
  db: Database,
  identity: Identity,
  rules: Partial<WebApiPorts['rules']> = {},
  clock: Clock = systemClock,
): WebApiPorts {
  return {
    ...identity,
    db,
    clock,
    catalogPolicy: POLICY,
    title: 'A registry under test',
    rules: {
      readOnly: false,
      anonymousAccess: true,
      scriptsOnly: true,
      allowedOrigins: ['*'],
      freshLoginMs: 600_000,
      ...rules,
    },
    cookie: { name: '_csrf_token', secure: false, maxAgeSeconds: 86_400 },
  };
}
