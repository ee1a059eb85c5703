import { z } from 'zod';
import { newApiTokenRequest } from '../contract/index.ts';
import {
  type Actor,
  type ApiToken,
  auditActor,
  coversScopes,
  type OAuthScope,
  parseScopes,
  type UserActor,
} from '../identity/index.ts';
import { AppError } from '../kernel/errors.ts';
import { findApplication } from './application-operations.ts';
import { answer, NO_CONTENT } from './frame/answer.ts';
import { refusal } from './frame/authorize-call.ts';
import { defineOperation, type Operation } from './frame/operation.ts';
import { nextPage } from './frame/page-token.ts';
import type { WebApiPorts } from './ports.ts';

const COMMON = {
  tag: 'organization_application_tokens',
  scope: 'org:admin',
  permission: { kind: 'organization', role: 'admin', superusers: 'full' },
} as const;

const LIST = '/organization/{orgname}/applications/{client_id}/tokens';

/** Tokens of an application that act for whoever makes them. */
export function applicationTokenOperations(ports: WebApiPorts): readonly Operation[] {
  const { db, oauth, pageTokens } = ports;
  return [
    defineOperation({
      ...COMMON,
      method: 'GET',
      path: LIST,
      id: 'listOrganizationApplicationTokens',
      summary: 'List the tokens of an application',
      query: z.object({ next_page: nextPage }),
      statuses: [200, 404],
      async handle(call) {
        const application = await findApplication(ports, call);
        const list = {
          operation: 'listOrganizationApplicationTokens',
          filters: { application: application.clientId },
        };
        const after = pageTokens.open(list, call.query.next_page, z.int()) ?? 0;
        const { tokens, next } = await oauth.tokens.page(application, after);
        return answer({
          tokens: tokens.map(view),
          ...(next === undefined ? {} : { next_page: pageTokens.seal(list, next) }),
        });
      },
    }),
    defineOperation({
      ...COMMON,
      method: 'POST',
      path: LIST,
      id: 'createOrganizationApplicationToken',
      summary: 'Make a token of an application; it is shown this once',
      body: newApiTokenRequest,
      statuses: [200, 400, 404],
      async handle(call) {
        const application = await findApplication(ports, call);
        const { actor, body } = call;
        const scopes = parseScopes(body.scope, oauth.settings);
        if (scopes === undefined) throw invalidScope(body.scope);
        const user = await requireMayGive(ports, actor, scopes);
        const token = await db.transaction((tx) =>
          oauth.tokens.create(
            tx,
            application,
            {
              user: { id: user.userId, name: user.name },
              scopes,
              name: body.name,
              lifetimeSeconds: body.expiration,
            },
            auditActor(actor),
          ),
        );
        return answer({ ...view(token), token: token.secret });
      },
    }),
    defineOperation({
      ...COMMON,
      method: 'DELETE',
      path: `${LIST}/{token_uuid}`,
      id: 'deleteOrganizationApplicationToken',
      summary: 'Revoke a token of an application; it ends at once',
      statuses: [204, 404],
      async handle(call) {
        const application = await findApplication(ports, call);
        const uuid = call.params['token_uuid'] ?? '';
        const found = await db.transaction((tx) => oauth.tokens.revoke(tx, application, uuid, auditActor(call.actor)));
        if (!found) throw new AppError('NOT_FOUND', 'The application has no such token');
        return NO_CONTENT;
      },
    }),
  ];
}

/**
 * Nobody makes a token that may more than what he came with: its scopes are among those of the token in use, and `super:user` is
 * given by superusers. Errors: DENIED.
 */
async function requireMayGive(
  { loadActor }: WebApiPorts,
  actor: Actor,
  scopes: readonly OAuthScope[],
): Promise<UserActor> {
  if (actor.kind !== 'user') throw refusal(actor);
  if (actor.scopes !== undefined && !coversScopes(actor.scopes, scopes)) throw refusal(actor);
  if (scopes.includes('super:user')) {
    const live = await loadActor(actor.userId, actor.passwordVersion);
    if (live?.superuser !== true) throw refusal(actor);
  }
  return actor;
}

function invalidScope(text: string): AppError {
  const message = `Invalid scope: ${text.slice(0, 200)}`;
  return new AppError('INVALID_REQUEST', message, { detail: { message } });
}

function view(token: ApiToken): Readonly<Record<string, unknown>> {
  const iso = (milliseconds: number | undefined): string | null =>
    milliseconds === undefined ? null : new Date(milliseconds).toISOString();
  return {
    uuid: token.uuid,
    name: token.name ?? null,
    scope: token.scopes.join(' '),
    expires_at: iso(token.expiresAt),
    created: iso(token.createdAt),
    created_by: token.createdBy,
    last_accessed: iso(token.lastUsedAt),
  };
}
