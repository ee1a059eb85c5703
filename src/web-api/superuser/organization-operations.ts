import { z } from 'zod';
import { deleteOrganization } from '../../catalog/index.ts';
import { findOrganization, listOrganizations, type Organization } from '../../identity/index.ts';
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
  ];
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
