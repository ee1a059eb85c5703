import { request, type IncomingHttpHeaders } from 'node:http';
import { createRegistryMeters } from '../../src/app/registry-meters.ts';
import { createPullRecorder } from '../../src/audit/index.ts';
import { grantedActions, resolveAccess, type CatalogPolicy } from '../../src/catalog/index.ts';
import { createIdentity, createOrganization, createUser, type Identity } from '../../src/identity/index.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { createPasswordHasher, createSecretBox } from '../../src/platform/crypto/index.ts';
import type { Database } from '../../src/platform/db/index.ts';
import type { HttpConfig, Mount } from '../../src/platform/http/index.ts';
import { createLogger } from '../../src/platform/log/index.ts';
import { createMetrics } from '../../src/platform/metrics/index.ts';
import { createRegistry, createTokenEndpoint, type Registry, type RegistrySettings } from '../../src/registry/index.ts';
import { createMemoryStorage } from '../../src/storage/testing/memory-storage.ts';
import type { StorageEngine } from '../../src/storage/index.ts';
import { startHttp, type TestHttpOptions, type TestServer } from './http.ts';
import { STANDING } from './standing.ts';
import { IDENTITY_SETTINGS } from './identity.ts';

export interface TestRegistry extends AsyncDisposable {
  readonly url: string;
  readonly registry: Registry;
  readonly identity: Identity;
  readonly storage: StorageEngine;
  readonly http: TestServer;
  /** Sends one request; the path goes out exactly as given. */
  send(method: string, path: string, options?: SendOptions): Promise<Answer>;
  /** Asks the token endpoint for the scopes and returns the value for `Authorization`. */
  bearer(login: keyof typeof PASSWORDS | undefined, ...scopes: string[]): Promise<string>;
}

export interface SendOptions {
  /** Sends Basic credentials of this user. */
  readonly as?: keyof typeof PASSWORDS;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The error codes of the body. */
  readonly codes: readonly string[];
}

export interface TestRegistryOptions {
  readonly db: Database;
  readonly storage?: StorageEngine;
  readonly settings?: Partial<RegistrySettings>;
  readonly policy?: Partial<CatalogPolicy>;
  readonly http?: HttpConfig;
  readonly listen?: TestHttpOptions['listen'];
}

/** `alice` owns the organizations `acme` and `library`; `bob` owns nothing but his own namespace. */
export const PASSWORDS = { alice: 'correct horse'.replace(' ', '-'), bob: 'battery-staple' } as const;

const SETTINGS: RegistrySettings = {
  libraryNamespace: 'library',
  maximumLayerSizeBytes: 64 * 1024 * 1024,
  paginationSize: 50,
  uploadLifetimeMs: 48 * 3_600_000,
  pushLeaseMs: 3_600_000,
  readOnly: false,
};

/** The registry over real slices and, unless given, storage in memory. Call once per database for the accounts. */
export async function startRegistry(options: TestRegistryOptions): Promise<TestRegistry> {
  const { db, storage = createMemoryStorage() } = options;
  const settings = { ...SETTINGS, ...options.settings };
  const policy = {
    standing: STANDING,
    anonymousAccess: true,
    createPrivateOnPush: true,
    createNamespaceOnPush: false,
    extendedNames: true,
    publicCatalog: false,
    ...options.policy,
  };
  const log = createLogger({ level: 'silent' });
  const passwords = createPasswordHasher({ cost: { memoryKib: 8, passes: 1, parallelism: 1 } });
  const identity = createIdentity(
    { db, clock: systemClock, log, box: await createSecretBox('test'), passwords },
    {
      ...IDENTITY_SETTINGS,
      standing: policy.standing,
      libraryNamespace: settings.libraryNamespace,
      serviceKeyService: 'gantry',
      serviceKeyExpirationMinutes: 120,
      serviceKeyRefreshMinutes: 55,
      sessionTimeoutMs: 86_400_000,
    },
  );
  const metrics = createMetrics();
  const pulls = createPullRecorder({ db, clock: systemClock, log });
  const registry = createRegistry(
    {
      db,
      storage,
      policy,
      pulls,
      log,
      clock: systemClock,
      authenticateBasic: identity.authenticateBasic,
      registryTokens: identity.registryTokens,
      loadActor: identity.loadActor,
      meters: createRegistryMeters(metrics),
      tokenEndpoint: createTokenEndpoint({
        authenticateBasic: identity.authenticateBasic,
        refreshTokens: identity.refreshTokens,
        registryTokens: identity.registryTokens,
        grantedActions: async (actor, name) => grantedActions(await resolveAccess(db, policy, actor, name)),
        signedIn: () => undefined,
        anonymousAccess: policy.anonymousAccess,
        libraryNamespace: settings.libraryNamespace,
        serverHostname: 'registry.test',
      }),
    },
    settings,
  );
  const mounts: Mount[] = [
    { prefix: '/v2', errors: 'oci', handler: registry.v2Handler },
    { prefix: '/v1', errors: 'oci', handler: registry.v1Handler },
  ];
  const http = await startHttp({ mounts, metrics, config: options.http ?? {}, listen: options.listen ?? {} });
  const send = (method: string, path: string, o: SendOptions = {}): Promise<Answer> =>
    sendRaw(http.port, method, path, o);
  return {
    url: http.url,
    registry,
    identity,
    storage,
    http,
    send,
    async bearer(login, ...scopes) {
      const query = new URLSearchParams({ service: 'registry.test' });
      for (const scope of scopes) query.append('scope', scope);
      const answer = await send('GET', `/v2/auth?${query.toString()}`, login === undefined ? {} : { as: login });
      const { token } = JSON.parse(answer.body.toString()) as { token: string };
      return `Bearer ${token}`;
    },
    async [Symbol.asyncDispose]() {
      await http.close();
      await pulls.close();
      await storage.close();
    },
  };
}

/** Creates the accounts that {@link PASSWORDS} names, once per database. */
export async function createAccounts(db: Database): Promise<void> {
  const passwords = createPasswordHasher({ cost: { memoryKib: 8, passes: 1, parallelism: 1 } });
  const by = { kind: 'system', name: undefined } as const;
  const alice = await createUser({ db, passwords }, { name: 'alice', password: PASSWORDS.alice, superuser: false }, by);
  await createUser({ db, passwords }, { name: 'bob', password: PASSWORDS.bob, superuser: false }, by);
  await db.transaction(async (tx) => {
    for (const name of ['acme', 'library']) await createOrganization(tx, name, alice, by);
  });
}

function sendRaw(port: number, method: string, path: string, options: SendOptions): Promise<Answer> {
  const headers: Record<string, string> = { ...options.headers };
  if (options.as !== undefined) {
    headers['authorization'] = `Basic ${Buffer.from(`${options.as}:${PASSWORDS[options.as]}`).toString('base64')}`;
  }
  if (method !== 'GET' && method !== 'HEAD' && headers['transfer-encoding'] === undefined) {
    headers['content-length'] ??= String(options.body === undefined ? 0 : Buffer.byteLength(options.body));
  }
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const body = Buffer.concat(chunks);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body, codes: errorCodes(body) });
      });
    });
    sent.on('error', reject);
    sent.end(options.body);
  });
}

function errorCodes(body: Buffer): string[] {
  if (!body.subarray(0, 10).includes('"errors"')) return [];
  const { errors } = JSON.parse(body.toString()) as { errors: { code: string }[] };
  return errors.map((error) => error.code);
}
