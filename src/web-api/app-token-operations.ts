import { z } from 'zod';
import { newAppTokenRequest } from '../contract/index.ts';
import { type AppToken, auditActor, type UserActor } from '../identity/index.ts';
import { AppError } from '../kernel/errors.ts';
import { answer, NO_CONTENT } from './frame/answer.ts';
import { rfc2822 } from './frame/dates.ts';
import { defineOperation, type Operation } from './frame/operation.ts';
import { flag } from './frame/parameters.ts';
import type { WebApiPorts } from './ports.ts';

const FEATURE = 'FEATURE_APP_SPECIFIC_TOKENS';
const COMMON = { tag: 'appspecifictokens', scope: 'user:admin', permission: { kind: 'user' } } as const;
const LIST = z.object({ expiring: flag(false).describe('Only tokens that expire soon') });

/** Tokens that a user makes for clients of the registry (FEATURE_APP_SPECIFIC_TOKENS). */
export function appTokenOperations(ports: WebApiPorts): readonly Operation[] {
  const { db } = ports;
  const { appTokens } = ports.oauth;
  return [
    defineOperation({
      ...COMMON,
      method: 'GET',
      path: '/user/apptoken',
      id: 'listAppTokens',
      summary: 'List the app tokens of the user',
      flags: { feature: FEATURE },
      query: LIST,
      statuses: [200],
      async handle({ actor, query }) {
        const tokens = await appTokens.list((actor as UserActor).userId, query.expiring);
        return answer({ tokens: tokens.map(view), only_expiring: query.expiring });
      },
    }),
    defineOperation({
      ...COMMON,
      method: 'POST',
      path: '/user/apptoken',
      id: 'createAppToken',
      summary: 'Make an app token',
      flags: { freshLogin: true, feature: FEATURE },
      body: newAppTokenRequest,
      statuses: [200, 400],
      async handle({ actor, body }) {
        const { userId: id, name } = actor as UserActor;
        const token = await db.transaction((tx) => appTokens.create(tx, { id, name }, body.title, auditActor(actor)));
        return answer({ token: { ...view(token), token_code: token.code } });
      },
    }),
    defineOperation({
      ...COMMON,
      method: 'GET',
      path: '/user/apptoken/{token_uuid}',
      id: 'getAppToken',
      summary: 'Show an app token with its text',
      flags: { freshLogin: true, feature: FEATURE },
      statuses: [200, 404],
      async handle({ actor, params }) {
        const token = await appTokens.find((actor as UserActor).userId, params['token_uuid'] ?? '');
        if (token === undefined) throw tokenUnknown();
        return answer({ token: { ...view(token), token_code: token.code } });
      },
    }),
    defineOperation({
      ...COMMON,
      method: 'DELETE',
      path: '/user/apptoken/{token_uuid}',
      id: 'revokeAppToken',
      summary: 'Revoke an app token; it ends at once',
      flags: { freshLogin: true, feature: FEATURE },
      statuses: [204, 404],
      async handle({ actor, params }) {
        const { userId } = actor as UserActor;
        const uuid = params['token_uuid'] ?? '';
        const found = await db.transaction((tx) => appTokens.revoke(tx, userId, uuid, auditActor(actor)));
        if (!found) throw tokenUnknown();
        return NO_CONTENT;
      },
    }),
    defineOperation({
      method: 'GET',
      path: '/superuser/apptokens',
      id: 'listAllAppTokens',
      summary: 'List the app tokens of all users, without their texts',
      tag: 'superuser',
      scope: 'super:user',
      permission: { kind: 'superuser', full: true },
      flags: { freshLogin: true, feature: [FEATURE, 'FEATURE_SUPER_USERS'] },
      query: LIST,
      statuses: [200],
      async handle({ query }) {
        const tokens = await appTokens.list(undefined, query.expiring);
        const views = tokens.map((token) => ({ ...view(token), owner: token.owner }));
        return answer({ tokens: views, only_expiring: query.expiring });
      },
    }),
  ];
}

function tokenUnknown(): AppError {
  return new AppError('NOT_FOUND', 'There is no such app token');
}

function view(token: AppToken): Readonly<Record<string, unknown>> {
  return {
    uuid: token.uuid,
    title: token.title,
    last_accessed: token.lastUsedAt === undefined ? null : rfc2822(token.lastUsedAt),
    created: rfc2822(token.createdAt),
    expiration: token.expiresAt === undefined ? null : rfc2822(token.expiresAt),
  };
}
