import { z } from 'zod';
import { convertUser, deleteOrganization } from '../../catalog/index.ts';
import { installOrganizationRequest } from '../../contract/index.ts';
import {
  findOrganization,
  findPerson,
  listOrganizations,
  type NewOwner,
  type Organization,
  releaseUser,
  takeOrganization,
} from '../../identity/index.ts';
import { AppError } from '../../kernel/errors.ts';
import { avatar } from '../avatar.ts';
import { answer, NO_CONTENT } from '../frame/answer.ts';
import { type Call, defineOperation, type Operation } from '../frame/operation.ts';
import type { WebApiPorts } from '../ports.ts';
import { PAGE, readPage } from './read-page.ts';
import { administeredBy, SUPERUSER, SUPERUSER_INTERNAL } from './superuser-operation.ts';

/** All organizations of the registry, for superusers. */
export function installOrganizationOperations(ports: WebApiPorts): readonly Operation[] {
  const { db, pageTokens } = ports;
  return [
    defineOperation({
      ...SUPERUSER_INTERNAL,
      method: 'GET',
      path: '/superuser/organizations/',
      id: 'listAllOrganizations',
      summary: 'List all organizations of the registry',
      query: z.object(PAGE),
      statuses: [200, 400],
      async handle({ query }) {
        const list = { operation: 'listAllOrganizations' };
        const page = await readPage(pageTokens, list, query, (after, limit) => listOrganizations(db, { after, limit }));
        return answer({ organizations: page.rows.map(view), ...page.next });
      },
    }),
    defineOperation({
      ...SUPERUSER,
      method: 'DELETE',
      path: '/superuser/organizations/{name}',
      id: 'deleteOrganization',
      summary: 'Delete an organization with its repositories',
      statuses: [204, 404],
      async handle(call) {
        const organization = await organizationOf(ports, call);
        await db.transaction((tx) => deleteOrganization(tx, organization, administeredBy(call)));
        return NO_CONTENT;
      },
    }),
    defineOperation({
      ...SUPERUSER,
      method: 'PUT',
      path: '/superuser/organizations/{name}',
      id: 'changeOrganization',
      summary: 'Rename an organization',
      body: installOrganizationRequest,
      statuses: [200, 400, 404],
      async handle(call) {
        const organization = await organizationOf(ports, call);
        const { name = organization.name } = call.body;
        const change = { id: organization.id, newName: name };
        await db.transaction((tx) => ports.users.rename(tx, change, administeredBy(call)));
        return answer(view({ ...organization, name }));
      },
    }),
    defineOperation({
      ...SUPERUSER_INTERNAL,
      method: 'POST',
      path: '/superuser/takeownership/{namespace}',
      id: 'takeOwnership',
      summary: 'Become an administrator of an organization, or make one of a user and administer it',
      statuses: [200, 400, 404],
      async handle(call) {
        const name = call.params['namespace'] ?? '';
        await takeOwnership(ports, name, administeredBy(call));
        return answer({ namespace: name });
      },
    }),
  ];
}

/** Errors: NOT_FOUND; those of {@link releaseUser}. */
async function takeOwnership({ db, catalogPolicy }: WebApiPorts, name: string, by: NewOwner): Promise<void> {
  const rules = catalogPolicy.standing;
  const organization = await findOrganization(db, name);
  if (organization !== undefined) {
    await db.transaction((tx) => takeOrganization(tx, organization, by));
    return;
  }
  const user = await findPerson(db, rules, name);
  if (user === undefined) throw new AppError('NOT_FOUND', 'There is no such user or organization');
  await db.transaction(async (tx) => {
    await releaseUser(tx, rules, user, by);
    await convertUser(tx, { userId: user.id, administratorId: by.userId }, by);
  });
}

/** Errors: NOT_FOUND. */
async function organizationOf({ db }: WebApiPorts, { params }: Pick<Call<unknown, unknown>, 'params'>) {
  const organization = await findOrganization(db, params['name'] ?? '');
  if (organization === undefined) throw new AppError('NOT_FOUND', 'There is no such organization');
  return organization;
}

function view({ name, email }: Pick<Organization, 'name' | 'email'>) {
  return { name, email: email ?? '', avatar: avatar(name, 'org') };
}
