import {
  type Assignment,
  type Actor,
  auditActor,
  type Authorization,
  type AuthorizedApplication,
  describeScopes,
} from '../identity/index.ts';
import { AppError } from '../kernel/errors.ts';
import { avatar } from './avatar.ts';
import { answer, NO_CONTENT } from './frame/answer.ts';
import { refusal } from './frame/authorize-call.ts';
import { defineOperation, type Operation } from './frame/operation.ts';
import type { WebApiPorts } from './ports.ts';

const COMMON = {
  tag: 'user',
  scope: 'user:admin',
  permission: { kind: 'user' },
  flags: { internal: true },
} as const;

const OFFERED = { internal: true, feature: 'FEATURE_ASSIGN_OAUTH_TOKEN' } as const;

/** What a user has let applications do, and what he was offered to. */
export function authorizationOperations(ports: WebApiPorts): readonly Operation[] {
  return [...given(ports), ...offered(ports)];
}

function given({ db, oauth: { tokens } }: WebApiPorts): readonly Operation[] {
  const find = async (actor: Actor, uuid = ''): Promise<Authorization> => {
    const [authorization] = await tokens.authorizationsOf(userIdOf(actor), uuid);
    if (authorization === undefined) throw new AppError('NOT_FOUND', 'There is no such authorization');
    return authorization;
  };
  return [
    defineOperation({
      ...COMMON,
      method: 'GET',
      path: '/user/authorizations',
      id: 'listUserAuthorizations',
      summary: 'List the applications that may act for the user',
      statuses: [200],
      async handle({ actor }) {
        return answer({ authorizations: (await tokens.authorizationsOf(userIdOf(actor))).map(authorizationView) });
      },
    }),
    defineOperation({
      ...COMMON,
      method: 'GET',
      path: '/user/authorizations/{access_token_uuid}',
      id: 'getUserAuthorization',
      summary: 'Show what an application may do for the user',
      statuses: [200, 404],
      handle: async ({ actor, params }) => answer(authorizationView(await find(actor, params['access_token_uuid']))),
    }),
    defineOperation({
      ...COMMON,
      method: 'DELETE',
      path: '/user/authorizations/{access_token_uuid}',
      id: 'deleteUserAuthorization',
      summary: 'Let an application act for the user no longer; its token ends at once',
      statuses: [204, 404],
      async handle({ actor, params }) {
        const authorization = await find(actor, params['access_token_uuid']);
        await db.transaction((tx) => tokens.withdraw(tx, userIdOf(actor), authorization, auditActor(actor)));
        return NO_CONTENT;
      },
    }),
  ];
}

function offered({ db, oauth: { assignments } }: WebApiPorts): readonly Operation[] {
  return [
    defineOperation({
      ...COMMON,
      flags: OFFERED,
      method: 'GET',
      path: '/user/assignedauthorization',
      id: 'listAssignedAuthorizations',
      summary: 'List the tokens that administrators of applications have offered to the user',
      statuses: [200],
      async handle({ actor }) {
        return answer({ authorizations: (await assignments.listOf(userIdOf(actor))).map(assignmentView) });
      },
    }),
    defineOperation({
      ...COMMON,
      flags: OFFERED,
      method: 'DELETE',
      path: '/user/assignedauthorization/{assigned_authorization_uuid}',
      id: 'deleteAssignedAuthorization',
      summary: 'Refuse an offered token',
      statuses: [204, 404],
      async handle({ actor, params }) {
        const userId = userIdOf(actor);
        const [offer] = await assignments.listOf(userId, params['assigned_authorization_uuid'] ?? '');
        if (offer === undefined) throw new AppError('NOT_FOUND', 'There is no such offer');
        await db.transaction((tx) => assignments.refuse(tx, userId, offer, auditActor(actor)));
        return NO_CONTENT;
      },
    }),
  ];
}

function userIdOf(actor: Actor): number {
  if (actor.kind !== 'user') throw refusal(actor);
  return actor.userId;
}

function applicationView(application: AuthorizedApplication) {
  const { name, description, applicationUri, avatarEmail, organization } = application;
  return {
    name,
    description,
    url: applicationUri,
    avatar: avatar(name, 'app', avatarEmail),
    organization: { name: organization, avatar: avatar(organization, 'org') },
  };
}

function authorizationView({ uuid, scopes, application }: Authorization) {
  return { application: applicationView(application), scopes: describeScopes(scopes), uuid };
}

function assignmentView({ uuid, scopes, application, redirectUri, responseType }: Assignment) {
  return {
    application: { ...applicationView(application), clientId: application.clientId },
    uuid,
    redirectUri,
    scopes: describeScopes(scopes),
    responseType,
  };
}
