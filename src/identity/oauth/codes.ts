import { createHash, hash } from 'node:crypto';
import type { AuditActor } from '../../audit/index.ts';
import { equalSecrets, randomText } from '../../platform/crypto/index.ts';
import type { Database, Transaction } from '../../platform/db/index.ts';
import type { JobHandler } from '../../platform/queue/index.ts';
import { isOAuthScope, type OAuthScope, type UserActor } from '../model.ts';
import type { ApiTokens } from './api-tokens.ts';
import type { Application } from './applications.ts';
import { type CodeRow, deleteExpiredCodes, findCode, insertCode, noteTokenOfCode, useCode } from './code-store.ts';
import { deleteTokenById } from './token-store.ts';

const CODE_LENGTH = 40;
const CODE = /^[A-Za-z0-9]{40}$/;
/** RFC 6749 §4.1.2 recommends ten minutes at most. */
const LIFETIME_MS = 5 * 60_000;
/** A used code is remembered so long, so that a second use of it is noticed. */
const KEPT_MS = 24 * 3_600_000;
const CLEAN_EVERY_MS = 3_600_000;
/** RFC 7636 §4.1. */
const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/;

export interface CodeRequest {
  readonly user: UserActor;
  readonly redirectUri: string;
  readonly scopes: readonly OAuthScope[];
  /** By S256 (RFC 7636 §4.2). */
  readonly codeChallenge: string | undefined;
}

export interface CodePresented {
  readonly code: string;
  readonly redirectUri: string;
  readonly codeVerifier: string | undefined;
}

export interface ExchangedToken {
  readonly secret: string;
  readonly scopes: readonly OAuthScope[];
  readonly expiresInSeconds: number;
}

/** Authorization codes (RFC 6749 §4.1): for one application and one redirect address, used once, within five minutes. */
export interface Codes {
  issue(tx: Transaction, application: Application, request: CodeRequest): Promise<string>;
  /**
   * Turns a code into a token. undefined: it is not good, for whatever reason. A code that was used before also ends the token that
   * was given for it, for one of the two who had it is a thief (RFC 6749 §4.1.2). Errors: as {@link ApiTokens.create}.
   */
  exchange(tx: Transaction, application: Application, presented: CodePresented): Promise<ExchangedToken | undefined>;
  readonly jobs: readonly JobHandler[];
}

export function createCodes({ db, tokens }: { readonly db: Database; readonly tokens: ApiTokens }): Codes {
  async function removeExpired(): Promise<void> {
    const before = (await db.now()) - KEPT_MS;
    // In pieces, so that no transaction is long.
    while ((await db.transaction((tx) => deleteExpiredCodes(tx, before))) > 0);
  }

  return {
    async issue(tx, application, { user, redirectUri, scopes, codeChallenge }) {
      const code = randomText(CODE_LENGTH);
      await insertCode(tx, {
        code_hash: hashCode(code),
        application_id: application.id,
        user_id: user.userId,
        password_version: user.passwordVersion,
        redirect_uri: redirectUri,
        scopes: scopes.join(' '),
        code_challenge: codeChallenge ?? null,
        expires_at: (await tx.now()) + LIFETIME_MS,
      });
      return code;
    },
    async exchange(tx, application, presented) {
      if (!CODE.test(presented.code)) return undefined;
      const codeHash = hashCode(presented.code);
      const row = await findCode(tx, codeHash);
      if (row?.application_id !== application.id) return undefined;
      if (row.used_at === null && !isGood(application, row, presented, await tx.now())) return undefined;
      if (row.used_at !== null || !(await useCode(tx, codeHash))) {
        const used = await findCode(tx, codeHash);
        if (typeof used?.token_id === 'number') await deleteTokenById(tx, used.token_id);
        return undefined;
      }
      const user = { id: row.user_id, name: row.name };
      const scopes = row.scopes.split(' ').filter(isOAuthScope);
      const by: AuditActor = { kind: 'user', name: user.name };
      const token = await tokens.create(tx, application, { user, scopes }, by);
      await noteTokenOfCode(tx, codeHash, token.id);
      const lifetimeMs = (token.expiresAt ?? token.createdAt) - token.createdAt;
      return { secret: token.secret, scopes, expiresInSeconds: Math.floor(lifetimeMs / 1000) };
    },
    jobs: [{ queue: 'remove_expired_oauth_codes', everyMs: CLEAN_EVERY_MS, run: removeExpired }],
  };
}

function isGood(
  application: Application,
  row: CodeRow,
  { redirectUri, codeVerifier }: CodePresented,
  now: number,
): boolean {
  // It has nothing else to prove. The code may be from before it was made public, when its secret was the proof.
  if (application.publicClient && row.code_challenge === null) return false;
  const alive = row.expires_at > now && row.enabled === 1 && row.password_version === row.current_password_version;
  return alive && row.redirect_uri === redirectUri && isVerified(row.code_challenge, codeVerifier);
}

/** A verifier without a challenge is refused too: somebody may have taken the challenge out of the first request. */
function isVerified(challenge: string | null, verifier: string | undefined): boolean {
  if (challenge === null || verifier === undefined) return challenge === null && verifier === undefined;
  return VERIFIER.test(verifier) && equalSecrets(createHash('sha256').update(verifier).digest('base64url'), challenge);
}

/** A plain hash is enough: there is nothing to guess in 238 random bits. */
function hashCode(code: string): string {
  return hash('sha256', code, 'hex');
}
