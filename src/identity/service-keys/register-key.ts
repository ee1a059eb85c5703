import { recordAudit } from '../../audit/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Database, Transaction } from '../../platform/db/index.ts';
import { addressKey, Buckets } from '../../platform/limits/index.ts';
import type { KeyClient, PublicJwk } from './model.ts';
import { auditedKey, newKeyRow } from './registered-key.ts';
import {
  countPendingExclusively,
  deleteRegisteredKey,
  findRegisteredKey,
  insertRegisteredKey,
  type RegisteredKeyRow,
  spendToken,
  supersedeKey,
} from './registered-key-store.ts';

/** How many keys may wait for approval, in all and from one address: anybody may send one. */
const PENDING_MAX = 1000;
const PENDING_MAX_PER_PLACE = 20;
/** What strangers may change from one address: so many at once, and then one a minute. */
const STRANGERS = { perSecond: 1 / 60, burst: 40 };
/** How long tokens signed by the key before are still to be believed. */
const OVERLAP_MS = 5 * 60_000;

/** A key whose sender has proven to have its private half. */
export interface NewKey {
  readonly service: string;
  readonly kid: string;
  readonly jwk: PublicJwk;
  readonly expiresAt: number | undefined;
  readonly rotationSeconds: number | undefined;
  readonly client: KeyClient;
}

/** A token that was believed: by what it is known, and until when (ms) it could be used. */
export interface Proof {
  readonly digest: string;
  readonly until: number;
}

export interface KeyRegistrar {
  /**
   * Has a key wait for approval. Sent again it changes nothing; but the token is spent, or it could have the next key of the service
   * taken for that of whoever has overheard it. Errors: DENIED; INVALID_REQUEST; TOO_MANY_REQUESTS.
   */
  register(key: NewKey, proof: Proof): Promise<'waits' | 'accepted'>;
  /** Puts a key in the place of the one that vouches for it. Errors: DENIED; INVALID_REQUEST. */
  rotate(key: NewKey, signer: RegisteredKeyRow, proof: Proof): Promise<void>;
  /** Counts a change by somebody whom nobody has approved. Errors: TOO_MANY_REQUESTS. */
  slowDown(client: KeyClient): void;
}

export function createKeyRegistrar({ db, clock }: { readonly db: Database; readonly clock: Clock }): KeyRegistrar {
  const strangers = new Buckets(STRANGERS, clock);

  function slowDown({ address }: KeyClient): void {
    const waitMs = strangers.take(addressKey(address));
    if (waitMs > 0) throw tooMany('Too many changes of keys from your address', Math.ceil(waitMs / 1000));
  }

  async function register(key: NewKey, proof: Proof): Promise<'waits' | 'accepted'> {
    const known = await findRegisteredKey(db, key.kid);
    const standing = known && stateOf(key, known);
    if (standing !== 'accepted') slowDown(key.client);
    if (standing !== undefined) {
      await db.transaction((tx) => spendToken(tx, proof.digest, proof.until));
      return standing;
    }
    const place = addressKey(key.client.address);
    const isNew = await db.transaction(async (tx) => {
      const pending = await countPendingExclusively(tx, place);
      if (pending.fromThere >= PENDING_MAX_PER_PLACE) throw tooMany('Too many keys from your address wait', 3600);
      if (pending.all >= PENDING_MAX) throw tooMany('Too many keys wait', 3600);
      await spendToken(tx, proof.digest, proof.until);
      const row = await rowOf(tx, key, { registered_from: place });
      const inserted = await insertRegisteredKey(tx, row);
      if (inserted) await record(tx, 'service_key_create', row, { preshared: false }, key.client);
      return inserted;
    });
    if (isNew) return 'waits';
    const winner = await findRegisteredKey(db, key.kid);
    return winner === undefined ? 'waits' : stateOf(key, winner);
  }

  /** Errors: INVALID_REQUEST; DENIED for a key whose time is over. */
  function stateOf({ service }: NewKey, known: RegisteredKeyRow): 'waits' | 'accepted' {
    if (known.service !== service)
      throw new AppError('INVALID_REQUEST', 'The key belongs to another service; make a new one');
    const isOver = known.expires_at !== null && known.expires_at <= clock.now();
    if (isOver || known.successor_kid !== null) {
      throw new AppError('DENIED', 'The key has expired or was replaced; make a new one');
    }
    return known.approved_at === null ? 'waits' : 'accepted';
  }

  async function rotate(key: NewKey, signer: RegisteredKeyRow, proof: Proof): Promise<void> {
    const known = await findRegisteredKey(db, key.kid);
    // One that was sent by itself before, and waits, is what it now proves to be.
    const isFree = known === undefined || (known.service === key.service && known.approved_at === null);
    if (!isFree) throw new AppError('INVALID_REQUEST', 'The key is known already; make a new one');
    await db.transaction(async (tx) => {
      if (!(await spendToken(tx, proof.digest, proof.until))) throw usedBefore();
      const now = await tx.now();
      const expiresAt = Math.min(signer.expires_at ?? Number.MAX_SAFE_INTEGER, now + OVERLAP_MS);
      if (!(await supersedeKey(tx, signer.kid, { kid: key.kid, expiresAt }))) {
        throw new AppError('DENIED', 'The key that signed the token has been replaced or deleted meanwhile');
      }
      if (known !== undefined) await deleteRegisteredKey(tx, key.kid);
      const row = await rowOf(tx, key, {
        name: signer.name,
        approval_type: 'Key Rotation',
        approved_by: signer.approved_by,
        approved_at: now,
        approval_notes: signer.approval_notes,
      });
      if (!(await insertRegisteredKey(tx, row))) throw new AppError('INVALID_REQUEST', 'The key is known already');
      await record(tx, 'service_key_rotate', row, { signer_kid: signer.kid }, key.client);
    });
  }

  return { register, rotate, slowDown };
}

async function rowOf(tx: Transaction, key: NewKey, more: Partial<RegisteredKeyRow>): Promise<RegisteredKeyRow> {
  const { service, kid, jwk, expiresAt, client } = key;
  const metadata = { created_by: more.approval_type ?? 'key server', ip: client.address };
  return {
    ...newKeyRow({ service, kid, jwk, expiresAt, metadata, created_at: await tx.now() }),
    rotation_seconds: key.rotationSeconds ?? null,
    ...more,
  };
}

async function record(
  tx: Transaction,
  kind: 'service_key_create' | 'service_key_rotate',
  row: RegisteredKeyRow,
  facts: Readonly<Record<string, unknown>>,
  { address, userAgent }: KeyClient,
): Promise<void> {
  await recordAudit(tx, {
    kind,
    actor: { kind: 'anonymous', name: undefined },
    clientAddress: address,
    metadata: { ...auditedKey(row), ...facts, user_agent: userAgent, ip: address },
  });
}

/** For a token that has changed a key already: who has overheard it cannot use it for a key of his own. */
export function usedBefore(): AppError {
  return new AppError('DENIED', 'The token is not accepted: it has been used before; sign a new one for each request');
}

function tooMany(what: string, seconds: number): AppError {
  return new AppError(
    'TOO_MANY_REQUESTS',
    `${what}; try again later, or ask an administrator to deal with those that wait`,
    {
      headers: { 'Retry-After': String(seconds) },
    },
  );
}
