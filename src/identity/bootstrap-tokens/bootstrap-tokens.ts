import type { Logger } from 'pino';
import { recordAudit } from '../../audit/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Database } from '../../platform/db/index.ts';
import { createAccessToken, isTokenKept } from '../access-token.ts';
import type { LoadActor } from '../load-actor.ts';
import type { OAuthScope } from '../model.ts';
import { findAccountByName } from '../store.ts';
import {
  type BootstrapTokenRow,
  claimBootstrapToken,
  deleteBootstrapTokens,
  listBootstrapTokens,
  markBootstrapToken,
  releaseBootstrapToken,
} from './store.ts';
import { deleteTokenFile, readTokenFile, writeTokenFile } from './token-file.ts';

export interface BootstrapSettings {
  /** FEATURE_PROGRAMMATIC_BOOTSTRAP. */
  readonly enabled: boolean;
  /** BOOTSTRAP_TOKEN_OWNER; there is one when it is enabled. */
  readonly owner: string | undefined;
  /** BOOTSTRAP_TOKEN_PATH, absolute. */
  readonly path: string;
  /** BOOTSTRAP_TOKEN_EXPIRATION, in ms. */
  readonly lifetimeMs: number;
  /** BOOTSTRAP_TOKEN_SCOPE. */
  readonly scopes: readonly OAuthScope[];
}

/** The access token of a superuser that programs find in a file, and exchange for the next one before it ends. */
export interface BootstrapTokens {
  /**
   * Has the file written when there is no valid token, as soon as the owner is there; when they are switched off, ends those that
   * there are. Never throws: a registry serves without. @returns what stops it again.
   */
  begin(): Promise<() => void>;
  /**
   * Puts a new token into the file and ends the given one. One that has expired is taken from this machine alone. `unknown`: it is
   * none of these tokens. Errors: TOKEN_ROTATION_FAILED, the old one then goes on; INVALID_REQUEST while another request renews it.
   */
  renew(token: string, client: { readonly isLocal: boolean; readonly address: string }): Promise<'rotated' | 'unknown'>;
}

export interface BootstrapPorts {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly loadActor: LoadActor;
}

/** How long one request has for a renewal, which takes milliseconds, before another may try. */
const CLAIM_MS = 60_000;
/** How often the owner, or a place for the file, is looked for while there is none. */
const RETRY_MS = 15_000;

interface Owner {
  readonly userId: number;
  readonly name: string;
}

export function createBootstrapTokens(ports: BootstrapPorts, settings: BootstrapSettings): BootstrapTokens {
  const { db, clock, log } = ports;
  const { path } = settings;

  async function findOwner(): Promise<Owner | undefined> {
    const account = await findAccountByName(db, settings.owner ?? '');
    if (account === undefined) return undefined;
    const live = await ports.loadActor(account.user_id, account.password_version);
    return live?.superuser === true ? { userId: account.user_id, name: live.name } : undefined;
  }

  /** Makes a token and writes it down; one that cannot be written never was. Errors: those of the file system. */
  async function issue(owner: Owner): Promise<number> {
    const made = await db.transaction(async (tx) => {
      const { uuid, token } = await createAccessToken(tx, {
        userId: owner.userId,
        scopes: settings.scopes,
        expiresAt: (await tx.now()) + settings.lifetimeMs,
      });
      await recordAudit(tx, {
        kind: 'create_oauth_api_token',
        actor: { kind: 'system', name: undefined },
        namespaceId: owner.userId,
        metadata: { name: 'bootstrap token', scope: settings.scopes.join(' '), token_uuid: uuid },
      });
      return { id: await markBootstrapToken(tx, uuid), token };
    });
    try {
      await writeTokenFile(path, made.token);
    } catch (error) {
      await end([{ id: made.id, user_id: owner.userId }]);
      throw error;
    }
    return made.id;
  }

  async function end(tokens: readonly Pick<BootstrapTokenRow, 'id' | 'user_id'>[], address?: string): Promise<void> {
    if (tokens.length === 0) return;
    await db.transaction(async (tx) => {
      const ids = tokens.map(({ id }) => id);
      await deleteBootstrapTokens(tx, ids);
      for (const { user_id: namespaceId } of tokens) {
        await recordAudit(tx, {
          kind: 'revoke_oauth_api_token',
          actor: { kind: 'system', name: undefined },
          namespaceId,
          clientAddress: address,
          metadata: { name: 'bootstrap token' },
        });
      }
    });
  }

  async function switchOff(): Promise<void> {
    const tokens = await listBootstrapTokens(db);
    if (tokens.length === 0) return;
    await end(tokens);
    await deleteTokenFile(path);
    log.info('FEATURE_PROGRAMMATIC_BOOTSTRAP is off: ended the bootstrap tokens that there were');
  }

  /** @returns whether there is a token that somebody can use. */
  async function provide(): Promise<boolean> {
    const owner = await findOwner();
    if (owner === undefined) return false;
    const all = await listBootstrapTokens(db);
    const now = await db.now();
    const valid = all.filter((token) => token.user_id === owner.userId && (token.expires_at ?? now) > now);
    const written = await readTokenFile(path);
    // Of several nodes each may have a file of its own; what another one has written is not ours to end.
    const isElsewhere = db.dialect === 'postgres' && valid.length > 0;
    if (isElsewhere || valid.some((token) => isTokenKept(written ?? '', token))) return true;
    const id = await issue(owner);
    await end(all.filter((token) => token.id !== id));
    log.info({ owner: owner.name, path }, 'Wrote a bootstrap token');
    return true;
  }

  async function begin(): Promise<() => void> {
    if (!settings.enabled) {
      await switchOff().catch((error: unknown) => log.error({ err: error }, 'Bootstrap tokens could not be ended'));
      return () => undefined;
    }
    let cancel: (() => void) | undefined;
    let stopped = false;
    let said = '';
    const attempt = async (): Promise<void> => {
      let lack = '';
      try {
        if (await provide()) return;
        lack = `there is no superuser "${settings.owner ?? ''}" (BOOTSTRAP_TOKEN_OWNER)`;
      } catch (error) {
        lack = error instanceof Error ? error.message : String(error);
      }
      if (lack !== said) log.warn(`There is no bootstrap token yet: ${lack}; trying again`);
      said = lack;
      if (!stopped) cancel = clock.after(RETRY_MS, () => void attempt());
    };
    await attempt();
    return () => {
      stopped = true;
      cancel?.();
    };
  }

  async function renew(
    text: string,
    { isLocal, address }: { readonly isLocal: boolean; readonly address: string },
  ): Promise<'rotated' | 'unknown'> {
    const [all, owner] = await Promise.all([listBootstrapTokens(db), findOwner()]);
    const token = all.find((candidate) => isTokenKept(text, candidate));
    if (token === undefined || token.user_id !== owner?.userId) return 'unknown';
    const isExpired = token.expires_at !== null && token.expires_at <= (await db.now());
    if (isExpired && !isLocal) return 'unknown';
    if (!(await db.transaction((tx) => claimBootstrapToken(tx, token.id, CLAIM_MS)))) {
      throw new AppError('INVALID_REQUEST', 'Another request renews the token at this moment; read the file again');
    }
    try {
      await issue(owner);
    } catch (cause) {
      await db.transaction((tx) => releaseBootstrapToken(tx, token.id));
      throw new AppError('TOKEN_ROTATION_FAILED', 'The new token could not be written; the old one goes on', { cause });
    }
    await end([token], address);
    return 'rotated';
  }

  return { begin, renew };
}
