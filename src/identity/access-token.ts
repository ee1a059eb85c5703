import { hash, randomUUID } from 'node:crypto';
import type { Clock } from '../kernel/clock.ts';
import { equalSecrets, randomText } from '../platform/crypto/index.ts';
import type { Database, Transaction } from '../platform/db/index.ts';
import { findAccessToken, insertAccessToken, markAccessTokenUsed } from './access-token-store.ts';
import { isOAuthScope, type OAuthScope, type UserActor } from './model.ts';
import type { NoteUse } from './note-use.ts';
import type { LastUse } from './users/last-use.ts';

// Quay's form: the first half finds the token, the second half proves it.
const LOOKUP_LENGTH = 20;
const TOKEN_LENGTH = 40;
const TOKEN = /^[A-Za-z0-9]{40}$/;

export interface NewAccessToken {
  readonly userId: number;
  readonly scopes: readonly OAuthScope[];
  /** By the database's clock, in ms; undefined: never expires. */
  readonly expiresAt?: number | undefined;
  /** The application that it was given to, with which it ends; undefined: a personal one. */
  readonly applicationId?: number | undefined;
  /** What its maker calls it. */
  readonly displayName?: string | undefined;
}

/** @returns the token's text, of which only a hash is kept: it cannot be shown again. */
export async function createAccessToken(
  tx: Transaction,
  token: NewAccessToken,
): Promise<{ readonly id: number; readonly uuid: string; readonly token: string }> {
  const text = randomText(TOKEN_LENGTH);
  const uuid = randomUUID();
  const id = await insertAccessToken(tx, {
    uuid,
    user_id: token.userId,
    lookup: text.slice(0, LOOKUP_LENGTH),
    secret_hash: hashSecret(text),
    scopes: token.scopes.join(' '),
    expires_at: token.expiresAt ?? null,
    application_id: token.applicationId ?? null,
    display_name: token.displayName ?? null,
  });
  return { id, uuid, token: text };
}

/** Finds who an access token speaks for. undefined: unknown, expired, or of a disabled user or organization. */
export type AuthenticateAccessToken = (token: string) => Promise<UserActor | undefined>;

export function createAccessTokenAuthenticator(ports: {
  readonly db: Database;
  readonly clock: Clock;
  readonly noteUse: NoteUse;
  readonly lastUse: LastUse;
}): AuthenticateAccessToken {
  return async (token) => {
    if (!TOKEN.test(token)) return undefined;
    const row = await findAccessToken(ports.db, token.slice(0, LOOKUP_LENGTH));
    const proven = equalSecrets(hashSecret(token), row?.secret_hash ?? '');
    if (row === undefined || !proven) return undefined;
    if (row.expires_at !== null && row.expires_at <= ports.clock.now()) return undefined;
    ports.lastUse.note(row.user_id);
    await ports.noteUse(row.uuid, row.last_used_at, markAccessTokenUsed);
    return {
      kind: 'user',
      userId: row.user_id,
      name: row.name,
      passwordVersion: row.password_version,
      scopes: row.scopes.split(' ').filter(isOAuthScope),
      credential: { kind: 'access-token', uuid: row.uuid },
    };
  };
}

/** Whether the text is the token that was kept like this. */
export function isTokenKept(text: string, kept: { readonly lookup: string; readonly secret_hash: string }): boolean {
  return (
    TOKEN.test(text) && text.slice(0, LOOKUP_LENGTH) === kept.lookup && equalSecrets(hashSecret(text), kept.secret_hash)
  );
}

/** A plain hash is enough: the half has 119 random bits, so there is nothing to guess. */
function hashSecret(token: string): string {
  return hash('sha256', token.slice(LOOKUP_LENGTH), 'hex');
}
