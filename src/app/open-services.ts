import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createPullRecorder } from '../audit/index.ts';
import { grantedActions, resolveAccess } from '../catalog/index.ts';
import { systemClock } from '../kernel/clock.ts';
import type { MigrationProgress } from '../platform/db/index.ts';
import type { RequestHandler } from '../platform/http/index.ts';
import type { Logger } from '../platform/log/index.ts';
import type { Metrics } from '../platform/metrics/index.ts';
import { JobRunner } from '../platform/queue/index.ts';
import type { RedisConnection } from '../platform/redis/index.ts';
import { createRegistry, createTokenEndpoint } from '../registry/index.ts';
import { createLocalStorage } from '../storage/adapters/local.ts';
import type { StorageEngine } from '../storage/index.ts';
import {
  createClientConfigHandler,
  createCsrfTokenHandler,
  createOAuthHandler,
  createMailLinkPages,
  createPageTokens,
  createRobotTokenExchange,
  createWebApi,
  createWebHandler,
  pageTokenBox,
  createKeyServerHandler,
  createWellKnownHandler,
  type ServerControl,
} from '../web-api/index.ts';
import type { ServicePrefix } from './address-space.ts';
import { meterAuthentication } from './meter-authentication.ts';
import { meterJobs } from './meter-jobs.ts';
import { limitRequests } from './limit-requests.ts';
import { type Core, openCore } from './open-core.ts';
import { openRecaptcha } from './open-recaptcha.ts';
import { openSharedState } from './open-shared-state.ts';
import { createRegistryMeters } from './registry-meters.ts';
import type { AppSettings } from './settings.ts';

/** Everything that answers requests and does the work behind them, opened but not yet at work. */
export interface Services {
  readonly core: Core;
  readonly storage: StorageEngine;
  readonly pulls: ReturnType<typeof createPullRecorder>;
  readonly jobs: JobRunner;
  /** undefined: the configuration names none. */
  readonly redis: RedisConnection | undefined;
  /** What answers below each prefix. */
  readonly handlers: ReadonlyMap<string, RequestHandler>;
  /** The token that may create the first user; undefined when there is one already. */
  readonly setupToken: string | undefined;
}

/** Opens the data and puts the slices together. What has to be closed again is put on `opened` as it is opened. */
export async function openServices(
  settings: AppSettings,
  {
    log,
    metrics,
    onMigration,
    control,
  }: {
    readonly log: Logger;
    readonly metrics: Metrics;
    readonly onMigration: (progress: MigrationProgress) => void;
    readonly control: ServerControl;
  },
  opened: AsyncDisposableStack,
): Promise<Services> {
  const shared = openSharedState(settings.redis, settings.identity.serverHostname, log);
  opened.defer(() => shared.close());
  const core = await openCore(settings, log, {
    onMigration,
    counters: shared.counters,
    moreHints: settings.postgres && shared.openHints(),
  });
  const { db } = core;
  opened.defer(() => core.close());
  const identity = meterAuthentication(core.identity, metrics);
  const storage = createLocalStorage({ root: settings.storagePath, log });
  opened.defer(() => storage.close());
  const pulls = createPullRecorder({ db, clock: systemClock, log, strict: settings.strictPullLogging });
  opened.defer(() => pulls.close());
  const registry = createRegistry(
    {
      db,
      storage,
      policy: settings.catalog,
      authenticateBasic: identity.authenticateBasic,
      registryTokens: identity.registryTokens,
      loadActor: identity.loadActor,
      tokenEndpoint: createTokenEndpoint({
        authenticateBasic: identity.authenticateBasic,
        refreshTokens: identity.refreshTokens,
        registryTokens: identity.registryTokens,
        grantedActions: async (actor, name) => grantedActions(await resolveAccess(db, settings.catalog, actor, name)),
        signedIn: (actor, { clientAddress }) =>
          pulls.record({
            kind: 'login_success',
            actor: { kind: 'user', name: actor.name },
            namespaceId: actor.userId,
            clientAddress,
          }),
        anonymousAccess: settings.catalog.anonymousAccess,
        libraryNamespace: settings.identity.libraryNamespace,
        serverHostname: settings.identity.serverHostname,
      }),
      pulls,
      meters: createRegistryMeters(metrics),
      clock: systemClock,
      log,
    },
    settings.registry,
  );
  const handlers = meterJobs(
    [
      ...registry.jobs,
      ...identity.keys.jobs,
      ...identity.keyServer.jobs,
      ...identity.sessions.jobs,
      ...identity.robots.jobs,
      ...identity.oauth.jobs,
      ...core.mailer.jobs,
      ...identity.users.jobs,
    ],
    metrics,
  );
  const jobs = new JobRunner({ db, clock: systemClock, log, handlers, queue: core.queue });
  const api = {
    ...identity,
    ...settings.webApi,
    db,
    clock: systemClock,
    catalogPolicy: settings.catalog,
    readChangeLog: () => readFile(fileOf('CHANGELOG.md', 'CHANGELOG.md'), 'utf8'),
    mailer: core.mailer,
    recaptcha: openRecaptcha(settings.recaptcha, opened),
    pageTokens: createPageTokens(await pageTokenBox(settings.pageTokenKey, core.box), systemClock),
    server: control,
  };
  const mailLinks = createMailLinkPages(api);
  const answering: Record<ServicePrefix, RequestHandler> = {
    '/v2': registry.v2Handler,
    '/v1': registry.v1Handler,
    '/api/v1': createWebApi(api),
    '/config': createClientConfigHandler(settings.webApi.client),
    '/csrf_token': createCsrfTokenHandler(api),
    '/keys': createKeyServerHandler({ ...api, now: () => api.clock.now(), readOnly: api.rules.readOnly }),
    '/.well-known': createWellKnownHandler(api),
    '/oauth2/federation/robot/token': createRobotTokenExchange({ ...identity, record: (entry) => pulls.record(entry) }),
    '/oauth': createOAuthHandler(api),
    '/': await createWebHandler(fileOf('web', 'web/public')),
    '/confirm': mailLinks.confirm,
    '/recovery': mailLinks.recovery,
    '/confirminvite': mailLinks.invite,
  };
  return {
    core,
    storage,
    pulls,
    jobs,
    redis: shared.redis,
    handlers: limitRequests(new Map(Object.entries(answering)), settings.limits, settings.registry.libraryNamespace, {
      ...identity,
      log,
    }),
    setupToken: (await identity.firstUser.pending()) ? identity.firstUser.setupToken : undefined,
  };
}

/** What is not code: beside the bundle, or in the source tree. */
function fileOf(built: string, source: string): string {
  const path = fileURLToPath(new URL(`./${built}`, import.meta.url));
  return existsSync(path) ? path : fileURLToPath(new URL(`../../${source}`, import.meta.url));
}
