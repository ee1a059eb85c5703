import { z } from 'zod';
import { findEntities, type FoundUser, findOrganization, type OrganizationKey } from '../../identity/index.ts';
import { AppError } from '../../kernel/errors.ts';
import { avatar } from '../avatar.ts';
import { answer } from '../frame/answer.ts';
import { type Call, defineOperation, type Operation } from '../frame/operation.ts';
import { flag } from '../frame/parameters.ts';
import type { WebApiPorts } from '../ports.ts';
import { isGranted, MEMBERS } from './organization-call.ts';

/** Finding users, robots, teams and organizations by the beginning of their name, while one types it. */
export function entityOperations(ports: WebApiPorts): readonly Operation[] {
  const { partialUserAutocomplete } = ports.organizations;
  return [
    defineOperation({
      method: 'GET',
      path: '/entities/{prefix}',
      id: 'getMatchingEntities',
      summary: 'Find users, and the robots and teams of a namespace, by the beginning of their name',
      tag: 'search',
      // Each finds what is his to see; who has not signed in finds nothing.
      permission: { kind: 'anyone' },
      query: z.object({
        namespace: z.string().max(255).default('').describe('Whose robots and teams are looked for'),
        includeTeams: flag(false).describe('Find teams of the organization too'),
        includeOrgs: flag(false).describe('Find the organization itself too'),
      }),
      statuses: [200],
      async handle(call) {
        if (call.actor.kind !== 'user') return answer({ results: [] });
        const prefix = call.params['prefix'] ?? '';
        const { organization, robotOwner } = await openTo(ports, call, call.query.namespace);
        const found = await findEntities(ports.db, {
          prefix,
          exactUsers: !partialUserAutocomplete,
          organization,
          robotOwner,
          teams: call.query.includeTeams,
        });
        const itself = call.query.includeOrgs && organization?.name.startsWith(prefix.toLowerCase()) === true;
        return answer({
          results: [
            ...found.teams.map((name) => ({ name, kind: 'team', is_org_member: true, avatar: avatar(name, 'team') })),
            ...found.users.map(userView),
            ...(itself ? [organizationView(organization.name)] : []),
          ],
        });
      },
    }),
    defineOperation({
      method: 'POST',
      path: '/entities/link/{username}',
      id: 'linkExternalUser',
      summary: 'Make an account for a user of the system that passwords are checked at',
      tag: 'search',
      permission: { kind: 'anyone' },
      flags: { internal: true },
      statuses: [200, 404],
      handle: () => {
        throw new AppError('NOT_FOUND', 'Users are in the database of this registry, and in no other system');
      },
    }),
  ];
}

/** What of a namespace the caller may see: of an organization as its member or a superuser, and of his own. */
async function openTo(
  ports: WebApiPorts,
  { actor, params }: Pick<Call<unknown, unknown>, 'actor' | 'params'>,
  namespace: string,
): Promise<{ readonly organization?: OrganizationKey | undefined; readonly robotOwner?: OrganizationKey | undefined }> {
  if (actor.kind !== 'user' || namespace === '') return {};
  if (namespace === actor.name) {
    const mayAdminister = actor.scopes?.includes('user:admin') ?? true;
    return mayAdminister ? { robotOwner: { id: actor.userId, name: actor.name } } : {};
  }
  const asked = { actor, params: { ...params, orgname: namespace } };
  if (!(await isGranted(ports, { method: 'GET', permission: MEMBERS }, asked))) return {};
  const organization = await findOrganization(ports.db, namespace);
  return { organization, robotOwner: organization };
}

function userView({ name, isRobot, isMember }: FoundUser): Readonly<Record<string, unknown>> {
  return {
    name,
    kind: 'user',
    is_robot: isRobot,
    avatar: avatar(name, isRobot ? 'robot' : 'user'),
    ...(isMember === undefined ? {} : { is_org_member: isMember }),
  };
}

function organizationView(name: string): Readonly<Record<string, unknown>> {
  return { name, kind: 'org', is_org_member: true, avatar: avatar(name, 'org') };
}
