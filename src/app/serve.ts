import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createPullRecorder } from '../audit/index.ts';
import { grantedActions, resolveAccess } from '../catalog/index.ts';
import { systemClock } from '../kernel/clock.ts';
import { type DataDirectoryLock, lockDataDirectory } from '../platform/db/index.ts';
import { createHttpServer, type HttpServer, type Mount } from '../platform/http/index.ts';
import type { Logger } from '../platform/log/index.ts';
import { createMetrics } from '../platform/metrics/index.ts';
import { JobRunner } from '../platform/queue/index.ts';
import { createRegistry, createTokenEndpoint } from '../registry/index.ts';
import { createLocalStorage } from '../storage/adapters/local.ts';
import { createWebApi, createWebHandler } from '../web-api/index.ts';
import { createHealthHandler } from './health.ts';
import { type OpenedPorts, prepareListeners } from './listeners.ts';
import { makeDataDirectory } from './make-data-directory.ts';
import { createMetricsHandler } from './metrics-handler.ts';
import { openCore } from './open-core.ts';
import type { AppSettings } from './settings.ts';

/** How long running requests get to finish when the server is told to stop. */
const DRAIN_MS = 30_000;

export interface RunningServer {
  readonly ports: OpenedPorts;
  /** The token that may create the first user; undefined when there is one already. */
  readonly setupToken: string | undefined;
  /** Lets requests and jobs finish, writes what is buffered, closes everything. */
  stop(): Promise<void>;
}

/**
 * Starts everything in this process: registry, API, web page, jobs. Resolves when it answers requests. When it cannot start,
 * it closes again what it has opened, so that nothing keeps the process alive.
 */
export async function serve(settings: AppSettings, log: Logger): Promise<RunningServer> {
  await using opened = new AsyncDisposableStack();
  const lock = await lockData(settings);
  opened.defer(() => lock?.release());
  const listeners = await prepareListeners(settings.listeners, log);
  opened.defer(() => listeners.close());
  const { db, identity } = await openCore(settings, log);
  opened.defer(() => db.close());
  const storage = createLocalStorage({ root: settings.storagePath, log });
  opened.defer(() => storage.close());
  const pulls = createPullRecorder({ db, clock: systemClock, log });
  opened.defer(() => pulls.close());
  const metrics = createMetrics();
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
      clock: systemClock,
      log,
    },
    settings.registry,
  );
  const jobs = new JobRunner({ db, clock: systemClock, log, handlers: [...registry.jobs, ...identity.keys.jobs] });
  const api = createWebApi({
    db,
    catalogPolicy: settings.catalog,
    authenticateAccessToken: identity.authenticateAccessToken,
    encryptedPasswords: identity.encryptedPasswords,
    loadActor: identity.loadActor,
    firstUser: identity.firstUser,
    readOnly: settings.registry.readOnly,
  });
  const v2Headers = {
    'Docker-Distribution-API-Version': 'registry/2.0',
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': 'sandbox',
  };
  const mounts: Mount[] = [
    { prefix: '/v2', errors: 'oci', headers: v2Headers, handler: registry.v2Handler },
    { prefix: '/v1', errors: 'quay', handler: registry.v1Handler },
    { prefix: '/api/v1', errors: 'quay', handler: api },
    { prefix: '/health', errors: 'quay', handler: createHealthHandler(db, () => server) },
    { prefix: '/metrics', errors: 'quay', handler: createMetricsHandler(metrics) },
    { prefix: '/', errors: 'quay', handler: await createWebHandler(webFolder()) },
  ];
  const server: HttpServer = createHttpServer({
    mounts: listeners.guard(mounts),
    log,
    metrics: metrics.http,
    config: listeners.httpConfig,
    clock: systemClock,
  });
  const setupToken = (await identity.firstUser.pending()) ? identity.firstUser.setupToken : undefined;
  opened.defer(() => jobs.stop());
  opened.defer(() => server.drain({ timeoutMs: DRAIN_MS }));
  const ports = await listeners.listen(server);
  await jobs.start();
  const running = opened.move();
  return { ports, setupToken, stop: () => running.disposeAsync() };
}

/** The embedded database has one serving process; nodes on PostgreSQL share nothing on disk but what they are told to. */
async function lockData({
  postgresUri,
  sqliteFile,
  dataDirectory,
}: AppSettings): Promise<DataDirectoryLock | undefined> {
  if (postgresUri !== undefined) return undefined;
  const directory = sqliteFile === undefined ? dataDirectory : dirname(sqliteFile);
  await makeDataDirectory(directory);
  return lockDataDirectory(directory);
}

/** Beside the bundle, or in the source tree. */
function webFolder(): string {
  const built = fileURLToPath(new URL('./web', import.meta.url));
  return existsSync(built) ? built : fileURLToPath(new URL('../../web/public', import.meta.url));
}
