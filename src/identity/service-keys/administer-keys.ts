import { type AuditKind, recordAudit } from '../../audit/index.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Database, Transaction } from '../../platform/db/index.ts';
import { auditActor } from '../audit-actor.ts';
import type { Actor } from '../model.ts';
import { generateRsa, thumbprint } from './key-pair.ts';
import type { KeyRing } from './key-ring.ts';
import { SERVICE_NAME, type ServiceKey } from './model.ts';
import { auditedKey, isoTime, newKeyRow, toServiceKey } from './registered-key.ts';
import {
  approveRegisteredKey,
  type ApprovalColumns,
  deleteRegisteredKey,
  findRegisteredKey,
  insertRegisteredKey,
  listRegisteredKeys,
  type RegisteredKeyRow,
  updateRegisteredKey,
} from './registered-key-store.ts';

/** Whoever administers keys: a superuser, whom the caller has found to be one. */
export interface KeyAdministrator {
  readonly actor: Actor;
  readonly clientAddress: string;
}

export interface NewServiceKey {
  readonly service: string;
  readonly name: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly notes: string;
  /** ms since the epoch; undefined: never expires. */
  readonly expiresAt: number | undefined;
}

export interface CreatedServiceKey {
  readonly kid: string;
  /** PEM, SubjectPublicKeyInfo. */
  readonly publicKey: string;
  /** PEM, PKCS #1, as Quay gives it out. Kept nowhere. */
  readonly privateKey: string;
}

export interface ServiceKeyChange {
  readonly name?: string | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** ms since the epoch; null: never expires; undefined: as it was. */
  readonly expiresAt?: number | null | undefined;
}

/** What superusers do with the keys of services. */
export interface KeyAdministration {
  /** This registry's own first, then the others, newest first. */
  list(): Promise<readonly ServiceKey[]>;
  find(kid: string): Promise<ServiceKey | undefined>;
  /**
   * Makes a key pair for a service, approved. Errors: INVALID_REQUEST for a service that cannot be, this registry's own among
   * them, and for an end that has passed.
   */
  create(key: NewServiceKey, by: KeyAdministrator): Promise<CreatedServiceKey>;
  /** Errors: NOT_FOUND; INVALID_REQUEST for a key of this registry's own, and for an end that has passed. */
  update(kid: string, change: ServiceKeyChange, by: KeyAdministrator): Promise<ServiceKey>;
  /** One of this registry's own too, which voids its tokens. Errors: NOT_FOUND. */
  remove(kid: string, by: KeyAdministrator): Promise<void>;
  /** One that is approved already stays so. Errors: NOT_FOUND. */
  approve(kid: string, notes: string, by: KeyAdministrator): Promise<void>;
}

export interface KeyAdministrationPorts {
  readonly db: Database;
  readonly keys: KeyRing;
}

export function createKeyAdministration({ db, keys }: KeyAdministrationPorts): KeyAdministration {
  async function find(kid: string): Promise<ServiceKey | undefined> {
    const row = await findRegisteredKey(db, kid);
    return row === undefined ? (await keys.list()).find((own) => own.kid === kid) : toServiceKey(row);
  }

  async function create(key: NewServiceKey, by: KeyAdministrator): Promise<CreatedServiceKey> {
    if (!SERVICE_NAME.test(key.service)) {
      throw new AppError('INVALID_REQUEST', 'Names of services have letters, digits, "_", "-" and "." only');
    }
    if (key.service === keys.service) {
      throw new AppError('INVALID_REQUEST', `The registry makes the keys of the service "${key.service}" by itself`);
    }
    await checkEnd(db, key.expiresAt);
    const { publicKey, privateKey } = await generateRsa();
    const exported = publicKey.export({ format: 'jwk' });
    const jwk = { kty: 'RSA', n: exported.n ?? '', e: exported.e ?? '' } as const;
    const kid = thumbprint(jwk, 'hex');
    await db.transaction(async (tx) => {
      const row: RegisteredKeyRow = {
        ...newKeyRow({ ...key, kid, jwk, created_at: await tx.now() }),
        name: key.name,
        metadata: JSON.stringify({
          ...key.metadata,
          created_by: 'superuser API',
          creator: nameOf(by.actor),
          ip: by.clientAddress,
        }),
        ...(await approvalBy(tx, by, key.notes)),
      };
      if (!(await insertRegisteredKey(tx, row))) throw new Error('Two new keys have the same kid');
      const facts = { ...auditedKey(row), preshared: true, auto_approved: true };
      await record(tx, 'service_key_create', facts, by);
      await record(tx, 'service_key_approve', facts, by);
    });
    return {
      kid,
      publicKey: publicKey.export({ format: 'pem', type: 'spki' }).toString(),
      privateKey: privateKey.export({ format: 'pem', type: 'pkcs1' }).toString(),
    };
  }

  async function update(kid: string, change: ServiceKeyChange, by: KeyAdministrator): Promise<ServiceKey> {
    const row = await findRegisteredKey(db, kid);
    if (row === undefined) throw await notFound(kid);
    await checkEnd(db, change.expiresAt ?? undefined);
    const { name, expiresAt } = change;
    const metadata = change.metadata === undefined ? undefined : JSON.stringify(change.metadata);
    // Only what is changed is written: meanwhile the service may have replaced the key, which gives it an end.
    const written = {
      ...(name === undefined ? {} : { name }),
      ...(metadata === undefined ? {} : { metadata }),
      ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
    };
    if (Object.keys(written).length === 0) return toServiceKey(row);
    return db.transaction(async (tx) => {
      const changed = await updateRegisteredKey(tx, kid, written);
      if (changed === undefined) throw unknownKey();
      if (expiresAt !== undefined && expiresAt !== row.expires_at) {
        const facts = { ...auditedKey(changed), old_expiration_date: isoTime(row.expires_at) };
        await record(tx, 'service_key_extend', facts, by);
      }
      if (changed.name !== row.name || changed.metadata !== row.metadata) {
        await record(tx, 'service_key_modify', auditedKey(changed), by);
      }
      return toServiceKey(changed);
    });
  }

  async function notFound(kid: string): Promise<AppError> {
    const isOwn = (await keys.list()).some((own) => own.kid === kid);
    return isOwn
      ? new AppError('INVALID_REQUEST', 'The registry changes this key by itself; it can only be deleted')
      : unknownKey();
  }

  async function remove(kid: string, by: KeyAdministrator): Promise<void> {
    await db.transaction(async (tx) => {
      const row = await deleteRegisteredKey(tx, kid);
      if (row === undefined && !(await keys.remove(tx, kid))) throw unknownKey();
      const facts =
        row === undefined ? { kid, service: keys.service, name: '', expiration_date: null } : auditedKey(row);
      await record(tx, 'service_key_delete', facts, by);
    });
  }

  async function approve(kid: string, notes: string, by: KeyAdministrator): Promise<void> {
    const row = await findRegisteredKey(db, kid);
    if (row === undefined) {
      if ((await keys.list()).some((own) => own.kid === kid)) return;
      throw unknownKey();
    }
    await db.transaction(async (tx) => {
      if (!(await approveRegisteredKey(tx, kid, await approvalBy(tx, by, notes)))) return;
      await record(tx, 'service_key_approve', auditedKey(row), by);
    });
  }

  return {
    list: async () => [...(await keys.list()), ...(await listRegisteredKeys(db)).map(toServiceKey)],
    find,
    create,
    update,
    remove,
    approve,
  };
}

/** Errors: INVALID_REQUEST. */
async function checkEnd(db: Database, expiresAt: number | undefined): Promise<void> {
  if (expiresAt === undefined || expiresAt > (await db.now())) return;
  throw new AppError('INVALID_REQUEST', 'The expiration has passed already; give a time to come, or null for never');
}

function unknownKey(): AppError {
  return new AppError('NOT_FOUND', 'There is no such key');
}

async function approvalBy(tx: Transaction, { actor }: KeyAdministrator, notes: string): Promise<ApprovalColumns> {
  return {
    approval_type: 'Super User API',
    approved_by: nameOf(actor) ?? null,
    approved_at: await tx.now(),
    approval_notes: notes,
  };
}

function nameOf(actor: Actor): string | undefined {
  return actor.kind === 'anonymous' ? undefined : actor.name;
}

async function record(
  tx: Transaction,
  kind: AuditKind,
  metadata: Readonly<Record<string, unknown>>,
  { actor, clientAddress }: KeyAdministrator,
): Promise<void> {
  await recordAudit(tx, { kind, actor: auditActor(actor), clientAddress, metadata });
}
