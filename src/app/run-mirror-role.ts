import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import type { Database } from '../platform/db/index.ts';
import { createHttpServer, type RequestHandler } from '../platform/http/index.ts';
import type { Logger } from '../platform/log/index.ts';
import { createMetrics } from '../platform/metrics/index.ts';
import { openDatabase, SchemaBehindError } from './open-database.ts';
import type { AppSettings } from './settings.ts';
import { trustOwnAuthorities } from './trust-own-authorities.ts';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5000;
const CLOSE_MS = 2000;

/**
 * Stands in for the second container of Quay, its mirror worker: compose files start one, and restart it for as long as it
 * ends. Mirroring, once it is there, is the server's work, so this process only waits until the database is ready, answers `/health`, and idles until
 * the signal. It changes nothing anywhere: no migrations, and of an embedded database, which belongs to the server's process,
 * not even the file is opened. Throws what makes the configuration unusable.
 */
export async function runMirrorRole(settings: AppSettings, log: Logger, signal: AbortSignal): Promise<void> {
  await using opened = new AsyncDisposableStack();
  const stopped = once(signal, 'abort');
  // Something must keep the process alive when it has no port of its own.
  const awake = setInterval(() => undefined, 2 ** 30);
  opened.defer(() => clearInterval(awake));
  let db: Database | undefined;
  const shared = settings.postgres !== undefined;
  const health = await answerHealth(settings, log, () => (shared ? databaseIsWell(db) : Promise.resolve(true)));
  if (health !== undefined) opened.defer(health);
  if (shared) {
    const authorities = await trustOwnAuthorities(settings, log);
    opened.defer(() => authorities.close());
    db = await openWhenReady(settings, log, signal);
    if (db !== undefined) opened.defer(() => db?.close());
  }
  if (!signal.aborted) {
    log.info('This version does not mirror yet, and the server itself will: this process idles, and can be left out');
    await stopped;
  }
}

/** Resolves with undefined when told to stop before the database has the schema that this version needs. */
async function openWhenReady(settings: AppSettings, log: Logger, signal: AbortSignal): Promise<Database | undefined> {
  for (let wait = FIRST_WAIT_MS; !signal.aborted; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    try {
      return await openDatabase({ ...settings, migrate: false }, log);
    } catch (error) {
      const passes =
        error instanceof SchemaBehindError || (error instanceof AppError && error.code === 'DATABASE_UNAVAILABLE');
      if (!passes) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      log.info({ reason }, `Waiting for the server to make the database ready; next look in ${wait / 1000} s`);
    }
    await delay(wait, undefined, { signal }).catch(() => undefined);
  }
  return undefined;
}

async function databaseIsWell(db: Database | undefined): Promise<boolean> {
  if (db === undefined) return false;
  return db.now().then(
    () => true,
    () => false,
  );
}

/** Listens for `/health`. Resolves with the way to stop, or with undefined where the port is the server's own. */
async function answerHealth(
  settings: AppSettings,
  log: Logger,
  database: () => Promise<boolean>,
): Promise<(() => Promise<void>) | undefined> {
  const handler: RequestHandler = async ({ res }) => {
    const services = { mirror: true, database: await database() };
    const status = services.database ? 200 : 503;
    const body = JSON.stringify({ data: { services }, status_code: status });
    res.writeHead(status, [
      'Content-Type',
      'application/json',
      'Content-Length',
      String(Buffer.byteLength(body)),
      'Cache-Control',
      'no-store',
    ]);
    res.end(body);
  };
  const server = createHttpServer({
    mounts: [{ prefix: '/health', errors: 'quay', quiet: true, handler }],
    log,
    metrics: createMetrics().http,
    config: {},
    clock: systemClock,
  });
  const { host, port } = settings.listeners;
  try {
    const listening = await server.listen({ port, ...(host === undefined ? {} : { host }) });
    log.info({ port: listening.port }, `Answering /health on port ${listening.port}`);
    return () => server.drain({ timeoutMs: CLOSE_MS });
  } catch (error) {
    // In one pod, or on the network of the host, the server itself has the port, and its health is the one that counts.
    log.warn({ err: error }, `Going on without a /health of its own: port ${port} cannot be listened on`);
    return undefined;
  }
}
