import { recordAudit } from '../../audit/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Database } from '../../platform/db/index.ts';
import type { JobHandler } from '../../platform/queue/index.ts';
import type { KeyRing } from './key-ring.ts';
import { checkKeyToken, parseKeyToken } from './key-token.ts';
import { type KeyClient, type PublishedJwk, publishedJwk, type PublicJwk, SERVICE_NAME } from './model.ts';
import { isKidOf, parsePublicJwk, readJwk } from './public-key.ts';
import { auditedKey } from './registered-key.ts';
import {
  deleteLapsedKeys,
  deleteRegisteredKey,
  findRegisteredKey,
  listValidKeys,
  type RegisteredKeyRow,
  spendToken,
} from './registered-key-store.ts';
import { createKeyRegistrar, type NewKey, usedBefore } from './register-key.ts';

/** A key as anybody may see it. */
export type KeyState =
  | { readonly state: 'unknown' | 'unapproved' | 'expired' }
  | { readonly state: 'valid'; readonly jwk: PublishedJwk; readonly expiresAt: number | undefined };

/** What a service sends to have its key known. */
export interface KeyRequest {
  readonly service: string;
  readonly kid: string;
  /** The header; it holds a token that is signed by the key, or by the one before it. */
  readonly authorization: string | undefined;
  readonly client: KeyClient;
}

export interface PutKeyRequest extends KeyRequest {
  /** The body, parsed: a JSON Web Key. */
  readonly jwk: unknown;
  /** ms since the epoch; undefined: never. */
  readonly expiresAt: number | undefined;
  /** How often the service changes its key, in seconds. */
  readonly rotationSeconds: number | undefined;
}

/** Keys of services as Quay's key server has them: given to whoever asks, taken from whoever proves to have one. */
export interface KeyServer {
  /** Those to be believed, newest first. */
  list(service: string): Promise<readonly PublishedJwk[]>;
  find(service: string, kid: string): Promise<KeyState>;
  /**
   * Signed by the key that is sent: it waits for a superuser's approval (`waits`), or has it. Signed by an approved key of the
   * service: takes its place at once (`accepted`). Errors: INVALID_REQUEST; DENIED; TOO_MANY_REQUESTS when too many keys wait.
   */
  put(request: PutKeyRequest): Promise<'waits' | 'accepted'>;
  /** Signed by the key itself, or by an approved key of the service. Errors: INVALID_REQUEST; DENIED; NOT_FOUND. */
  remove(request: KeyRequest): Promise<void>;
  readonly jobs: readonly JobHandler[];
}

export interface KeyServerPorts {
  readonly db: Database;
  readonly clock: Clock;
  readonly keys: KeyRing;
}

export interface KeyServerSettings {
  /** This registry as tokens name it: `scheme://host`, each that counts. */
  readonly audiences: readonly string[];
  /** UNAPPROVED_SERVICE_KEY_TTL_SEC, in ms. */
  readonly unapprovedMs: number;
  /** EXPIRED_SERVICE_KEY_TTL_SEC, in ms. */
  readonly expiredMs: number;
}

const KID_MAX = 255;
const CLEAN_EVERY_MS = 3_600_000;

export function createKeyServer(ports: KeyServerPorts, settings: KeyServerSettings): KeyServer {
  const { db, clock, keys } = ports;
  const { audiences } = settings;
  const registrar = createKeyRegistrar(ports);

  async function list(service: string): Promise<readonly PublishedJwk[]> {
    if (service === keys.service) return (await keys.list()).map(({ kid, jwk }) => publishedJwk(kid, jwk));
    const rows = await listValidKeys(db, service, clock.now());
    return rows.map((row) => publishedJwk(row.kid, jwkOf(row)));
  }

  async function find(service: string, kid: string): Promise<KeyState> {
    if (kid.length > KID_MAX) return { state: 'unknown' };
    if (service === keys.service) {
      const own = (await keys.list()).find((key) => key.kid === kid);
      if (own === undefined) return { state: 'unknown' };
      return { state: 'valid', jwk: publishedJwk(kid, own.jwk), expiresAt: own.expiresAt };
    }
    const row = await findRegisteredKey(db, kid);
    if (row?.service !== service) return { state: 'unknown' };
    if (row.approved_at === null) return { state: 'unapproved' };
    if (hasExpired(row)) return { state: 'expired' };
    return { state: 'valid', jwk: publishedJwk(kid, jwkOf(row)), expiresAt: row.expires_at ?? undefined };
  }

  async function put(request: PutKeyRequest): Promise<'waits' | 'accepted'> {
    const { service, kid } = request;
    checkService(service);
    if (request.expiresAt !== undefined && request.expiresAt <= clock.now()) {
      throw new AppError('INVALID_REQUEST', 'The expiration of the key has passed already');
    }
    const token = parseKeyToken(request.authorization);
    const { jwk, key } = parsePublicJwk(request.jwk);
    if (!isKidOf(kid, jwk)) {
      throw new AppError(
        'INVALID_REQUEST',
        'The name of the key must be its SHA-256 thumbprint (RFC 7638), in base64url or hex',
      );
    }
    const sent: NewKey = { ...request, jwk };
    if (token.signerKid === undefined || token.signerKid === kid) {
      const proof = checkKeyToken(token, { key, service, audiences, now: clock.now() });
      return registrar.register(sent, proof);
    }
    const signer = await trustedSigner(service, token.signerKid);
    const proof = checkKeyToken(token, { key: readJwk(jwkOf(signer)), service, audiences, now: clock.now() });
    await registrar.rotate(sent, signer, proof);
    return 'accepted';
  }

  async function remove({ service, kid, authorization, client }: KeyRequest): Promise<void> {
    checkService(service);
    const token = parseKeyToken(authorization);
    const { signerKid } = token;
    if (signerKid === undefined) throw new AppError('INVALID_REQUEST', 'The token must name its key in "kid"');
    const isOwn = signerKid === kid;
    const signer = isOwn ? await knownKey(service, signerKid) : await trustedSigner(service, signerKid);
    const proof = checkKeyToken(token, { key: readJwk(jwkOf(signer)), service, audiences, now: clock.now() });
    const target = isOwn ? signer : await findRegisteredKey(db, kid);
    if (target?.service !== service) throw new AppError('NOT_FOUND', 'The service has no such key');
    if (signer.approved_at === null) registrar.slowDown(client);
    await db.transaction(async (tx) => {
      if (!(await spendToken(tx, proof.digest, proof.until))) throw usedBefore();
      const deleted = await deleteRegisteredKey(tx, kid);
      if (deleted === undefined) throw new AppError('NOT_FOUND', 'The service has no such key');
      await recordAudit(tx, {
        kind: 'service_key_delete',
        actor: { kind: 'anonymous', name: undefined },
        clientAddress: client.address,
        metadata: { ...auditedKey(deleted), signer_kid: signerKid, user_agent: client.userAgent, ip: client.address },
      });
    });
  }

  /** Errors: DENIED, the same whatever is amiss. */
  async function trustedSigner(service: string, kid: string): Promise<RegisteredKeyRow> {
    const signer = await knownKey(service, kid);
    if (signer.approved_at === null || signer.successor_kid !== null || hasExpired(signer)) throw untrusted();
    return signer;
  }

  async function knownKey(service: string, kid: string): Promise<RegisteredKeyRow> {
    const signer = kid.length > KID_MAX ? undefined : await findRegisteredKey(db, kid);
    if (signer?.service !== service) throw untrusted();
    return signer;
  }

  /** Errors: INVALID_REQUEST; DENIED for the service that makes its keys itself. */
  function checkService(service: string): void {
    if (!SERVICE_NAME.test(service)) {
      throw new AppError('INVALID_REQUEST', 'Names of services have letters, digits, "_", "-" and "." only');
    }
    if (service === keys.service) {
      throw new AppError('DENIED', `The registry makes the keys of the service "${service}" by itself`);
    }
  }

  function hasExpired({ expires_at: expiresAt }: RegisteredKeyRow): boolean {
    return expiresAt !== null && expiresAt <= clock.now();
  }

  async function clean(): Promise<void> {
    while (await db.transaction((tx) => deleteLapsedKeys(tx, settings)));
  }

  return {
    list,
    find,
    put,
    remove,
    jobs: [{ queue: 'remove_lapsed_service_keys', everyMs: CLEAN_EVERY_MS, run: clean }],
  };
}

function untrusted(): AppError {
  return new AppError('DENIED', 'The token is signed by a key that the service may not use for this');
}

function jwkOf(row: RegisteredKeyRow): PublicJwk {
  return JSON.parse(row.jwk) as PublicJwk;
}
