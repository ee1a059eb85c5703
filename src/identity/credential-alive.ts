import type { Clock } from '../kernel/clock.ts';
import type { Database } from '../platform/db/index.ts';
import { findAccessTokenByUuid } from './access-token-store.ts';
import { findAppTokenByUuid } from './app-token-store.ts';
import type { Credential } from './model.ts';

/** Whether a credential that something was issued for is still good. One point read. */
export type IsCredentialAlive = (credential: Credential) => Promise<boolean>;

/** @param appTokens FEATURE_APP_SPECIFIC_TOKENS */
export function createCredentialCheck(
  { db, clock }: { readonly db: Database; readonly clock: Clock },
  { appTokens }: { readonly appTokens: boolean },
): IsCredentialAlive {
  return async ({ kind, uuid }) => {
    if (kind === 'app-token' && !appTokens) return false;
    const row = await (kind === 'app-token' ? findAppTokenByUuid(db, uuid) : findAccessTokenByUuid(db, uuid));
    return row !== undefined && (row.expires_at === null || row.expires_at > clock.now());
  };
}
