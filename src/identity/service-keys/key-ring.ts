import type { KeyObject } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import type { SecretBox } from '../../platform/crypto/index.ts';
import type { Database, Transaction } from '../../platform/db/index.ts';
import type { Hints } from '../../platform/hints/index.ts';
import type { JobHandler } from '../../platform/queue/index.ts';
import { generateSealedKeyPair, openPrivateKey, readPublicKey } from './key-pair.ts';
import type { PublicJwk, ServiceKey } from './model.ts';
import {
  deleteKey,
  deleteSpentKeys,
  findKey,
  findNewestKey,
  insertKey,
  listKeys,
  listPublicKeys,
  type PublicKeyRow,
  type ServiceKeyRow,
} from './store.ts';

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
}

/**
 * The keys that registry tokens are signed with. All nodes share them through the database: each signs with the newest
 * and accepts every one that has not run out.
 */
export interface KeyRing {
  /** The newest key; made first when there is none. */
  signingKey(): Promise<SigningKey>;
  /** The public key of a token; undefined when no node of this registry has it (any more). */
  verifyingKey(kid: string): Promise<KeyObject | undefined>;
  /** The service that the keys belong to. */
  readonly service: string;
  /** The keys that verify at present, newest first, approved because they are this registry's own. */
  list(): Promise<readonly ServiceKey[]>;
  /** Takes a key away: whatever it has signed is void at once. @returns whether there was one. */
  remove(tx: Transaction, kid: string): Promise<boolean>;
  /** Makes the next key, and removes spent ones, when the newest one has reached its refresh age. */
  rotate(): Promise<void>;
  /** Calls back when keys may have gone, on whatever node, so that nothing is believed because of them. */
  onChange(listener: () => void): void;
  /** Calls {@link rotate}; first when the jobs start, so that a new instance has its key before anyone asks. */
  readonly jobs: readonly JobHandler[];
}

export interface KeyRingPorts {
  readonly db: Database;
  readonly box: SecretBox;
  readonly clock: Clock;
  readonly log: Logger;
  readonly hints: Hints;
  /** INSTANCE_SERVICE_KEY_SERVICE. */
  readonly service: string;
  /** INSTANCE_SERVICE_KEY_REFRESH, in ms: a new key this long after the last one. */
  readonly refreshAfterMs: number;
  /** INSTANCE_SERVICE_KEY_EXPIRATION, in ms: how long a key verifies; never less than its last token needs. */
  readonly expiresAfterMs: number;
  /** How long a token lives, leeway included, in ms. */
  readonly tokenLifetimeMs: number;
}

// A key goes on signing when its successor is late by this much.
const ROTATION_SLACK_MS = 4 * 60_000;
const ROTATION_CHECK_MS = 2 * 60_000;
const KID = /^[A-Za-z0-9_-]{43}$/;
const LOOKUPS_AT_ONCE = 8;
/** Told when a key was made or has gone. */
const HINT = 'service_keys';
/** After this time a known key is looked for again, in case a hint was lost. */
const RECHECK_MS = 60_000;

interface PublicKey {
  readonly key: KeyObject;
  readonly until: number;
  readonly readAt: number;
}

export function createKeyRing(ports: KeyRingPorts): KeyRing {
  const { db, box, clock, service } = ports;
  const signsForMs = ports.refreshAfterMs + ROTATION_SLACK_MS;
  const verifiesForMs = Math.max(ports.expiresAfterMs, signsForMs + ports.tokenLifetimeMs);
  const publicKeys = new LRUCache<string, PublicKey>({ max: 100 });
  // A key is in the table before its first token is signed, so one that is missing stays missing.
  const unknownKids = new LRUCache<string, true>({ max: 1000 });
  const lookups = new Map<string, Promise<KeyObject | undefined>>();
  let current: (SigningKey & { readonly until: number }) | undefined;
  let renewing: Promise<SigningKey> | undefined;
  let making: Promise<ServiceKeyRow> | undefined;
  ports.hints.onHint(HINT, () => {
    publicKeys.clear();
    unknownKids.clear();
    current = undefined;
  });

  function adopt(row: ServiceKeyRow, until = row.verifies_until): KeyObject {
    const key = readPublicKey(row);
    publicKeys.set(row.kid, { key, until, readAt: clock.now() });
    return key;
  }

  async function signingKey(): Promise<SigningKey> {
    if (current !== undefined && clock.now() < current.until) return current;
    renewing ??= renew().finally(() => {
      renewing = undefined;
    });
    return renewing;
  }

  async function renew(): Promise<SigningKey> {
    const fit = await newestKey((key, now) => now < key.signs_until);
    const row = fit ?? (await makeKey().catch(lastKey));
    adopt(row, Math.max(row.verifies_until, clock.now() + RECHECK_MS));
    const until = Math.max(row.signs_until, clock.now() + RECHECK_MS);
    current = { kid: row.kid, privateKey: openPrivateKey(box, row), until };
    return current;
  }

  /** While the database accepts no changes there is no next key: the last one serves on, or pulls would end within the hour. */
  async function lastKey(error: unknown): Promise<ServiceKeyRow> {
    const isPassing = error instanceof AppError && error.code === 'DATABASE_READ_ONLY';
    const last = isPassing ? await findNewestKey(db, service) : undefined;
    if (last === undefined) throw error;
    return last;
  }

  async function newestKey(isFit: (key: ServiceKeyRow, now: number) => boolean): Promise<ServiceKeyRow | undefined> {
    const now = await db.now();
    return (await listKeys(db, service, now)).find((key) => isFit(key, now));
  }

  function makeKey(): Promise<ServiceKeyRow> {
    making ??= makeKeyNow().finally(() => {
      making = undefined;
    });
    return making;
  }

  async function makeKeyNow(): Promise<ServiceKeyRow> {
    const pair = await generateSealedKeyPair(box);
    const row = await db.transaction(async (tx) => {
      await deleteSpentKeys(tx, service);
      return insertKey(tx, service, pair, { signsForMs, verifiesForMs });
    });
    ports.hints.tell(HINT);
    ports.log.info({ kid: row.kid }, 'Made a new key for registry tokens');
    return row;
  }

  async function verifyingKey(kid: string): Promise<KeyObject | undefined> {
    const known = publicKeys.get(kid);
    const now = clock.now();
    if (known !== undefined && now < known.until && now < known.readAt + RECHECK_MS) return known.key;
    if (!KID.test(kid) || unknownKids.has(kid)) return undefined;
    const running = lookups.get(kid);
    if (running !== undefined) return running;
    // Made-up kids may not keep the database busy; a key of another node is looked for once and then known.
    if (lookups.size >= LOOKUPS_AT_ONCE) return undefined;
    const lookup = lookUp(kid).finally(() => lookups.delete(kid));
    lookups.set(kid, lookup);
    return lookup;
  }

  async function lookUp(kid: string): Promise<KeyObject | undefined> {
    const row = await findKey(db, service, kid);
    if (row === undefined) {
      publicKeys.delete(kid);
      unknownKids.set(kid, true);
      return undefined;
    }
    if (clock.now() < row.verifies_until) return adopt(row);
    // One that has no successor is in use still; see lastKey.
    const newest = await findNewestKey(db, service);
    return newest?.kid === kid ? adopt(row, clock.now() + RECHECK_MS) : undefined;
  }

  async function rotate(): Promise<void> {
    const fresh = await newestKey((key, now) => now < key.created_at + ports.refreshAfterMs);
    if (fresh !== undefined) return;
    await makeKey();
  }

  async function remove(tx: Transaction, kid: string): Promise<boolean> {
    if (!(await deleteKey(tx, service, kid))) return false;
    tx.afterCommit(() => ports.hints.tell(HINT));
    return true;
  }

  const list = async (): Promise<readonly ServiceKey[]> =>
    (await listPublicKeys(db, service, clock.now())).map((row) => ownKey(service, row));

  const onChange = (listener: () => void): void => void ports.hints.onHint(HINT, listener);

  const jobs: JobHandler[] = [{ queue: 'rotate_service_keys', everyMs: ROTATION_CHECK_MS, run: rotate }];
  return { service, signingKey, verifyingKey, list, remove, rotate, onChange, jobs };
}

function ownKey(service: string, row: PublicKeyRow): ServiceKey {
  return {
    kid: row.kid,
    service,
    name: '',
    jwk: JSON.parse(row.public_key) as PublicJwk,
    metadata: { created_by: 'this registry' },
    createdAt: row.created_at,
    expiresAt: row.verifies_until,
    rotationSeconds: undefined,
    approval: { type: 'Automatic', approver: undefined, at: row.created_at, notes: '' },
  };
}
