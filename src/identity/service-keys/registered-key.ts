import type { ApprovalType, KeyApproval, PublicJwk, ServiceKey } from './model.ts';
import type { RegisteredKeyRow } from './registered-key-store.ts';

export function toServiceKey(row: RegisteredKeyRow): ServiceKey {
  return {
    kid: row.kid,
    service: row.service,
    name: row.name,
    jwk: JSON.parse(row.jwk) as PublicJwk,
    metadata: JSON.parse(row.metadata) as Record<string, unknown>,
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
    rotationSeconds: row.rotation_seconds ?? undefined,
    approval: toApproval(row),
  };
}

function toApproval(row: RegisteredKeyRow): KeyApproval | undefined {
  if (row.approved_at === null) return undefined;
  return {
    type: row.approval_type as ApprovalType,
    approver: row.approved_by ?? undefined,
    at: row.approved_at,
    notes: row.approval_notes ?? '',
  };
}

/** A key that nobody has approved, of which only this much is known. */
export function newKeyRow(
  key: Pick<RegisteredKeyRow, 'kid' | 'service' | 'created_at'> & {
    readonly jwk: PublicJwk;
    readonly metadata: Readonly<Record<string, unknown>>;
    readonly expiresAt: number | undefined;
  },
): RegisteredKeyRow {
  return {
    kid: key.kid,
    service: key.service,
    name: '',
    jwk: JSON.stringify(key.jwk),
    metadata: JSON.stringify(key.metadata),
    created_at: key.created_at,
    expires_at: key.expiresAt ?? null,
    rotation_seconds: null,
    approval_type: null,
    approved_by: null,
    approved_at: null,
    approval_notes: null,
    registered_from: null,
    successor_kid: null,
  };
}

/** What the log tells of a change of a key; times as Quay writes them there. */
export function auditedKey(key: Pick<RegisteredKeyRow, 'kid' | 'service' | 'name' | 'expires_at'>) {
  return { kid: key.kid, service: key.service, name: key.name, expiration_date: isoTime(key.expires_at) };
}

export function isoTime(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}
