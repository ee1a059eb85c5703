import { newDefaultPermissionRequest, roleRequest } from '../../contract/index.ts';
import {
  changeDefaultPermission,
  createDefaultPermission,
  type DefaultPermission,
  deleteDefaultPermission,
  listDefaultPermissions,
  type Person,
} from '../../identity/index.ts';
import { avatar } from '../avatar.ts';
import { answer, NO_CONTENT } from '../frame/answer.ts';
import { defineOperation, type Operation } from '../frame/operation.ts';
import type { WebApiPorts } from '../ports.ts';
import { ADMINISTRATORS, changedBy, organizationOf } from './organization-call.ts';

const PATH = '/organization/{orgname}/prototypes';
const COMMON = { tag: 'prototype', scope: 'org:admin', permission: ADMINISTRATORS } as const;

/** What new repositories of an organization begin with; Quay calls it prototypes. */
export function defaultPermissionOperations({ db }: WebApiPorts): readonly Operation[] {
  return [
    defineOperation({
      ...COMMON,
      method: 'GET',
      path: PATH,
      id: 'getOrganizationPrototypePermissions',
      summary: 'List what new repositories begin with',
      statuses: [200, 404],
      async handle(call) {
        const permissions = await listDefaultPermissions(db, organizationOf(call).id);
        return answer({ prototypes: permissions.map(view) });
      },
    }),
    defineOperation({
      ...COMMON,
      method: 'POST',
      path: PATH,
      id: 'createOrganizationPrototypePermission',
      summary: 'Let new repositories begin with a role of a user, a robot or a team',
      body: newDefaultPermissionRequest,
      statuses: [200, 400, 404],
      async handle(call) {
        const { role, activating_user: activating, delegate } = call.body;
        const permission = { role, activatingUser: activating?.name, delegate };
        const created = await db.transaction((tx) =>
          createDefaultPermission(tx, organizationOf(call), permission, changedBy(call)),
        );
        return answer(view(created));
      },
    }),
    defineOperation({
      ...COMMON,
      method: 'PUT',
      path: `${PATH}/{prototypeid}`,
      id: 'updateOrganizationPrototypePermission',
      summary: 'Change the role that new repositories begin with',
      body: roleRequest,
      statuses: [200, 404],
      async handle(call) {
        const uuid = call.params['prototypeid'] ?? '';
        const changed = await db.transaction((tx) =>
          changeDefaultPermission(tx, organizationOf(call), uuid, call.body.role, changedBy(call)),
        );
        return answer(view(changed));
      },
    }),
    defineOperation({
      ...COMMON,
      method: 'DELETE',
      path: `${PATH}/{prototypeid}`,
      id: 'deleteOrganizationPrototypePermission',
      summary: 'Let new repositories begin without it; those that are there keep it',
      statuses: [204, 404],
      async handle(call) {
        const uuid = call.params['prototypeid'] ?? '';
        await db.transaction((tx) => deleteDefaultPermission(tx, organizationOf(call), uuid, changedBy(call)));
        return NO_CONTENT;
      },
    }),
  ];
}

function view({ uuid, role, activatingUser, delegate }: DefaultPermission): Readonly<Record<string, unknown>> {
  return {
    id: uuid,
    role,
    activating_user: activatingUser === undefined ? null : personView(activatingUser),
    delegate:
      delegate.kind === 'user'
        ? personView(delegate)
        : { name: delegate.name, kind: 'team', avatar: avatar(delegate.name, 'team') },
  };
}

function personView({ name, isRobot, isMember }: Person): Readonly<Record<string, unknown>> {
  return {
    name,
    kind: 'user',
    is_robot: isRobot,
    is_org_member: isMember,
    avatar: avatar(name, isRobot ? 'robot' : 'user'),
  };
}
