import { randomUUID } from 'node:crypto';
import { type AuditActor, recordAudit } from '../../audit/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import { equalSecrets, randomUpperCase, type SecretBox } from '../../platform/crypto/index.ts';
import type { Database, Transaction } from '../../platform/db/index.ts';
import type { JobHandler } from '../../platform/queue/index.ts';
import {
  type AppTokenRow,
  deleteAppToken,
  deleteExpiredAppTokens,
  findAppToken,
  findAppTokenByUuid,
  insertAppToken,
  listAppTokenRows,
  markAppTokenUsed,
} from '../app-token-store.ts';
import type { UserActor } from '../model.ts';
import type { NoteUse } from '../note-use.ts';
import type { OAuthSettings } from './config.ts';
import type { LastUse } from '../users/last-use.ts';

// Quay's form: the first half finds the token, the second half proves it.
const HALF_LENGTH = 60;
const TOKEN = /^[A-Z0-9]{120}$/;
const DAY_MS = 24 * 3_600_000;
/** Where APP_SPECIFIC_TOKEN_EXPIRATION says nothing, "soon" is a part of this. */
const USUAL_LIFETIME_MS = 28 * DAY_MS;
const SOON = 0.1;
const CLEAN_EVERY_MS = 3_600_000;

/** What a user gives to a client of the registry in place of his password. */
export interface AppToken {
  readonly uuid: string;
  readonly title: string;
  readonly owner: string;
  /** Times in ms. */
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  readonly lastUsedAt: number | undefined;
}

/** Tokens that users make for their clients (Quay's "app-specific tokens"). They act as the user in the registry. */
export interface AppTokens {
  /** By age. @param userId undefined: of all users @param expiring only those that expire soon */
  list(userId: number | undefined, expiring: boolean): Promise<readonly AppToken[]>;
  create(
    tx: Transaction,
    user: { readonly id: number; readonly name: string },
    title: string,
    by: AuditActor,
  ): Promise<AppToken & { readonly code: string }>;
  /** With its text, which may be shown again. undefined: the user has none with this uuid that has not expired. */
  find(userId: number, uuid: string): Promise<(AppToken & { readonly code: string }) | undefined>;
  /** What was issued for it ends at once. @returns false when the user has none with this uuid. */
  revoke(tx: Transaction, userId: number, uuid: string, by: AuditActor): Promise<boolean>;
  /** undefined: unknown, expired, of a disabled user, or there are no such tokens (FEATURE_APP_SPECIFIC_TOKENS). */
  authenticate(code: string): Promise<UserActor | undefined>;
  readonly jobs: readonly JobHandler[];
}

export function createAppTokens(
  ports: {
    readonly db: Database;
    readonly box: SecretBox;
    readonly clock: Clock;
    readonly noteUse: NoteUse;
    readonly lastUse: LastUse;
  },
  settings: Pick<OAuthSettings, 'appTokens' | 'appTokenLifetimeMs' | 'expiredAppTokensKeptMs'>,
): AppTokens {
  const { db, box, clock, noteUse, lastUse } = ports;
  const { appTokenLifetimeMs: lifetimeMs, expiredAppTokensKeptMs: keptMs } = settings;
  const isExpired = (row: AppTokenRow): boolean => row.expires_at !== null && row.expires_at <= clock.now();
  const open = ({ lookup, secret_encrypted, uuid }: AppTokenRow): string =>
    lookup + box.open(secret_encrypted, purpose(uuid));

  async function removeExpired(): Promise<void> {
    if (keptMs === undefined) return;
    const before = (await db.now()) - keptMs;
    // In pieces, so that no transaction is long.
    while ((await db.transaction((tx) => deleteExpiredAppTokens(tx, before))) > 0);
  }

  return {
    async list(userId, expiring) {
      const now = await db.now();
      const soonMs = Math.max(1000, Math.ceil((lifetimeMs ?? USUAL_LIFETIME_MS) * SOON));
      const within = expiring ? { after: now, until: now + soonMs } : undefined;
      return (await listAppTokenRows(db, userId, within)).map(toAppToken);
    },
    async create(tx, user, title, by) {
      const [uuid, code, createdAt] = [randomUUID(), randomUpperCase(2 * HALF_LENGTH), await tx.now()];
      const expiresAt = lifetimeMs === undefined ? undefined : createdAt + lifetimeMs;
      await insertAppToken(tx, {
        uuid,
        user_id: user.id,
        title,
        lookup: code.slice(0, HALF_LENGTH),
        secret_encrypted: box.seal(code.slice(HALF_LENGTH), purpose(uuid)),
        created_at: createdAt,
        expires_at: expiresAt ?? null,
      });
      const metadata = { app_specific_token_title: title, app_specific_token: uuid };
      await recordAudit(tx, { kind: 'create_app_specific_token', actor: by, namespaceId: user.id, metadata });
      return { uuid, title, owner: user.name, createdAt, expiresAt, lastUsedAt: undefined, code };
    },
    async find(userId, uuid) {
      const row = await findAppTokenByUuid(db, uuid);
      if (row?.user_id !== userId || isExpired(row)) return undefined;
      return { ...toAppToken(row), code: open(row) };
    },
    async revoke(tx, userId, uuid, by) {
      const title = await deleteAppToken(tx, userId, uuid);
      if (title === undefined) return false;
      const metadata = { app_specific_token_title: title, app_specific_token: uuid };
      await recordAudit(tx, { kind: 'revoke_app_specific_token', actor: by, namespaceId: userId, metadata });
      return true;
    },
    async authenticate(code) {
      if (!settings.appTokens || !TOKEN.test(code)) return undefined;
      const row = await findAppToken(db, code.slice(0, HALF_LENGTH));
      if (row === undefined || !equalSecrets(code, open(row)) || isExpired(row)) return undefined;
      lastUse.note(row.user_id);
      await noteUse(row.uuid, row.last_used_at, markAppTokenUsed);
      return {
        kind: 'user',
        userId: row.user_id,
        name: row.name,
        passwordVersion: row.password_version,
        scopes: undefined,
        credential: { kind: 'app-token', uuid: row.uuid },
      };
    },
    jobs: [{ queue: 'remove_expired_app_tokens', everyMs: CLEAN_EVERY_MS, run: removeExpired }],
  };
}

function purpose(uuid: string): string {
  return `app_token:${uuid}`;
}

function toAppToken(row: AppTokenRow): AppToken {
  return {
    uuid: row.uuid,
    title: row.title,
    owner: row.name,
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
    lastUsedAt: row.last_used_at ?? undefined,
  };
}
