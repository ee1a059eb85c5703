import { type AuditActor, recordAudit } from '../../audit/index.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Database, Transaction } from '../../platform/db/index.ts';
import { createAccessToken } from '../access-token.ts';
import { isOAuthScope, type OAuthScope } from '../model.ts';
import { lockApplication } from './application-store.ts';
import { type Application, applicationUnknown } from './applications.ts';
import type { OAuthSettings } from './config.ts';
import {
  type ApplicationTokenRow,
  type AuthorizationRow,
  countLiveTokens,
  deleteApplicationToken,
  deleteAuthorization,
  listApplicationTokens,
  listAuthorizationRows,
} from './token-store.ts';

/** How long a token lives unless its maker says less: ten years (Quay's). */
export const TOKEN_LIFETIME_SECONDS = 315_576_000;
const PAGE = 50;

/** A token of an application, acting for the user who made or agreed to it. */
export interface ApiToken {
  readonly uuid: string;
  readonly name: string | undefined;
  readonly scopes: readonly OAuthScope[];
  readonly createdBy: string;
  /** Times in ms. */
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  readonly lastUsedAt: number | undefined;
}

export interface NewApiToken {
  readonly user: { readonly id: number; readonly name: string };
  readonly scopes: readonly OAuthScope[];
  /** undefined: it came about by the user's consent. */
  readonly name?: string | undefined;
  /** At most {@link TOKEN_LIFETIME_SECONDS}, which is also the default. */
  readonly lifetimeSeconds?: number | undefined;
}

/** An application that may act for a user, by one of its tokens or by an offer of one. */
export interface Authorization {
  readonly uuid: string;
  readonly scopes: readonly OAuthScope[];
  readonly application: AuthorizedApplication;
}

export interface AuthorizedApplication {
  readonly name: string;
  readonly clientId: string;
  readonly description: string;
  readonly applicationUri: string;
  readonly avatarEmail: string | undefined;
  readonly organization: string;
}

export interface ApiTokens {
  /** By age. @param after id that the page before ended with; 0: from the start */
  page(
    application: Application,
    after: number,
  ): Promise<{ readonly tokens: readonly ApiToken[]; readonly next: number | undefined }>;
  /**
   * Its text can be told this once. Errors: INVALID_REQUEST when the application has as many as it may
   * (OAUTH_APPLICATION_MAXIMUM_TOKEN_COUNT), NOT_FOUND when it was deleted meanwhile.
   */
  create(
    tx: Transaction,
    application: Application,
    token: NewApiToken,
    by: AuditActor,
  ): Promise<ApiToken & { readonly id: number; readonly secret: string }>;
  /** @returns false when the application has none with this uuid. */
  revoke(tx: Transaction, application: Application, uuid: string, by: AuditActor): Promise<boolean>;
  /** What a user has given to applications. @param uuid one of them only */
  authorizationsOf(userId: number, uuid?: string): Promise<readonly Authorization[]>;
  /** A user takes back what he gave. @returns false when there was none. */
  withdraw(tx: Transaction, userId: number, authorization: Authorization, by: AuditActor): Promise<boolean>;
  /** The scopes of everything that a user has given to an application and that has not expired. */
  scopesGiven(userId: number, applicationId: number): Promise<readonly OAuthScope[]>;
}

export function createApiTokens(
  { db, clock }: { readonly db: Database; readonly clock: Clock },
  { tokensPerApplication }: Pick<OAuthSettings, 'tokensPerApplication'>,
): ApiTokens {
  return {
    async page(application, after) {
      const rows = await listApplicationTokens(db, application.id, { after, limit: PAGE + 1 });
      const tokens = rows.slice(0, PAGE);
      return { tokens: tokens.map(toApiToken), next: rows.length > PAGE ? tokens.at(-1)?.id : undefined };
    },
    async create(tx, application, { user, scopes, name, lifetimeSeconds = TOKEN_LIFETIME_SECONDS }, by) {
      if (!(await lockApplication(tx, application.id))) throw applicationUnknown();
      if (tokensPerApplication !== undefined && (await countLiveTokens(tx, application.id)) >= tokensPerApplication) {
        throw tooManyTokens(tokensPerApplication);
      }
      const createdAt = await tx.now();
      const expiresAt = createdAt + Math.min(lifetimeSeconds, TOKEN_LIFETIME_SECONDS) * 1000;
      const made = await createAccessToken(tx, {
        userId: user.id,
        scopes,
        expiresAt,
        applicationId: application.id,
        displayName: name,
      });
      const { id, uuid, token: secret } = made;
      const metadata = {
        oauth_token_uuid: uuid,
        scope: scopes.join(' '),
        token_display_name: name ?? null,
        auth_method: 'OAuth',
        application_name: application.name,
        client_id: application.clientId,
      };
      await recordAudit(tx, {
        kind: 'create_oauth_api_token',
        actor: by,
        namespaceId: application.organization.id,
        metadata,
      });
      return { id, uuid, name, scopes, createdBy: user.name, createdAt, expiresAt, lastUsedAt: undefined, secret };
    },
    async revoke(tx, application, uuid, by) {
      if (!(await deleteApplicationToken(tx, application.id, uuid))) return false;
      await recordAudit(tx, {
        kind: 'revoke_oauth_api_token',
        actor: by,
        namespaceId: application.organization.id,
        metadata: { oauth_token_uuid: uuid, application_name: application.name, client_id: application.clientId },
      });
      return true;
    },
    authorizationsOf: async (userId, uuid) =>
      (await listAuthorizationRows(db, userId, uuid === undefined ? {} : { uuid })).map(toAuthorization),
    async withdraw(tx, userId, { uuid, application }, by) {
      if (!(await deleteAuthorization(tx, userId, uuid))) return false;
      await recordAudit(tx, {
        kind: 'oauth_token_revoked',
        actor: by,
        namespaceId: userId,
        metadata: { oauth_token_uuid: uuid, application: application.name, client_id: application.clientId },
      });
      return true;
    },
    async scopesGiven(userId, applicationId) {
      const rows = await listAuthorizationRows(db, userId, { applicationId });
      const now = clock.now();
      return rows.filter((row) => row.expires_at === null || row.expires_at > now).flatMap((row) => scopesOf(row));
    },
  };
}

/** Clients of Quay look for the text under `message`. */
function tooManyTokens(maximum: number): AppError {
  const message = `Token limit reached: maximum ${maximum} non-expired tokens per application`;
  return new AppError('INVALID_REQUEST', message, { detail: { message } });
}

function scopesOf({ scopes }: { readonly scopes: string }): readonly OAuthScope[] {
  return scopes.split(' ').filter(isOAuthScope);
}

function toApiToken(row: ApplicationTokenRow): ApiToken {
  return {
    uuid: row.uuid,
    name: row.display_name ?? undefined,
    scopes: scopesOf(row),
    createdBy: row.created_by,
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
    lastUsedAt: row.last_used_at ?? undefined,
  };
}

export function toAuthorization(row: Omit<AuthorizationRow, 'expires_at'>): Authorization {
  return {
    uuid: row.uuid,
    scopes: scopesOf(row),
    application: {
      name: row.application,
      clientId: row.client_id,
      description: row.description,
      applicationUri: row.application_uri,
      avatarEmail: row.avatar_email ?? undefined,
      organization: row.organization,
    },
  };
}
