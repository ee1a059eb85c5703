import type { Identity, OrganizationSettings } from '../../src/identity/index.ts';
import { type Clock, systemClock } from '../../src/kernel/clock.ts';
import type { Database } from '../../src/platform/db/index.ts';
import { createPageTokens, type WebApiPorts } from '../../src/web-api/index.ts';
import { testBox } from './identity.ts';
import { STANDING } from './standing.ts';

export const POLICY = {
  standing: STANDING,
  anonymousAccess: true,
  createPrivateOnPush: true,
  createNamespaceOnPush: false,
  extendedNames: true,
  publicCatalog: false,
};

export const ORGANIZATION_SETTINGS: OrganizationSettings = {
  requireTeamInvite: true,
  partialUserAutocomplete: true,
  tagExpiration: {
    defaultSeconds: 1_209_600,
    optionsSeconds: [0, 86_400, 604_800, 1_209_600, 2_419_200],
    changeable: true,
  },
};

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
    pageTokens: createPageTokens(testBox, clock),
    readChangeLog: () => Promise.resolve('# Changelog'),
    dumpConfig: () => ({ config: { SUPER_USERS: [] }, warning: {}, env: {}, schema: {} }),
    title: 'A registry under test',
    featuresOff: new Set(),
    client: { config: {}, features: {}, registryState: 'normal' },
    server: {
      inspect: () => Promise.resolve({ startedAt: 0, changedKeys: [], problems: [], warnings: [] }),
      restart: () => undefined,
    },
    rules: {
      readOnly: false,
      anonymousAccess: true,
      scriptsOnly: true,
      allowedOrigins: ['*'],
      freshLoginMs: 600_000,
      ...rules,
    },
    organizations: ORGANIZATION_SETTINGS,
    mailer: { enabled: false, enqueue: () => Promise.resolve() },
    accounts: { avatarKind: 'local', recordsSignIns: true, recordsFailedSignIns: false },
    cookie: { name: '_csrf_token', secure: false, maxAgeSeconds: 86_400 },
  };
}
