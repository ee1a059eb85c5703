import { deleteOrganization, listTeams, type TeamOverviewRow } from '../../catalog/index.ts';
import { newOrganizationRequest, organizationChangeRequest } from '../../contract/index.ts';
import {
  changeOrganization,
  createOrganization,
  findOrganization,
  listTeamsOfMember,
  type Organization,
  resolveOrganizationAccess,
} from '../../identity/index.ts';
import { AppError } from '../../kernel/errors.ts';
import { avatar } from '../avatar.ts';
import { answer, NO_CONTENT } from '../frame/answer.ts';
import { refusal } from '../frame/authorize-call.ts';
import { type Call, defineOperation, type Operation } from '../frame/operation.ts';
import type { WebApiPorts } from '../ports.ts';
import { ADMINISTRATORS, changedBy, isGranted, MEMBERS, organizationOf } from './organization-call.ts';

const PATH = '/organization/{orgname}';

export function organizationOperations(ports: WebApiPorts): readonly Operation[] {
  const { db } = ports;
  const { tagExpiration } = ports.organizations;
  return [
    defineOperation({
      method: 'POST',
      path: '/organization/',
      id: 'createOrganization',
      summary: 'Create an organization that the caller administers',
      tag: 'organization',
      scope: 'user:admin',
      permission: { kind: 'user' },
      flags: { makesOrganization: true },
      body: newOrganizationRequest,
      statuses: [201, 400, 403],
      async handle({ actor, body, context }) {
        if (actor.kind !== 'user') throw refusal(actor);
        const email = body.contact_email ?? body.email ?? '';
        if (ports.mailer.enabled && email === '') {
          throw new AppError('INVALID_REQUEST', 'An e-mail address is required, to write to about the organization');
        }
        await db.transaction((tx) => {
          const by = changedBy({ actor, context });
          const details = { email: email === '' ? undefined : email, clientAddress: by.clientAddress };
          return createOrganization(tx, body.name, actor, by.actor, details);
        });
        return answer('Created', 201);
      },
    }),
    defineOperation({
      method: 'GET',
      path: PATH,
      id: 'getOrganization',
      summary: 'Show an organization; its teams only to its members',
      tag: 'organization',
      // That there is one of a name is no secret: the name is taken.
      permission: { kind: 'anyone' },
      statuses: [200, 404],
      handle: async (call) => answer(await show(ports, call)),
    }),
    defineOperation({
      method: 'PUT',
      path: PATH,
      id: 'changeOrganizationDetails',
      summary: 'Change what an organization says about itself',
      tag: 'organization',
      scope: 'org:admin',
      permission: ADMINISTRATORS,
      body: organizationChangeRequest,
      statuses: [200, 400, 404],
      async handle(call) {
        const { body } = call;
        const email = body.contact_email === null ? '' : (body.contact_email ?? body.email);
        const change = {
          email,
          invoiceEmail: body.invoice_email,
          invoiceEmailAddress: body.invoice_email_address === '' ? null : body.invoice_email_address,
          tagExpirationSeconds: body.tag_expiration_s,
        };
        await db.transaction((tx) =>
          changeOrganization(tx, organizationOf(call), change, tagExpiration, changedBy(call)),
        );
        return answer(await show(ports, call));
      },
    }),
    defineOperation({
      method: 'DELETE',
      path: PATH,
      id: 'deleteAdminedOrganization',
      summary: 'Delete an organization with all its repositories, teams and robots',
      tag: 'organization',
      scope: 'org:admin',
      permission: ADMINISTRATORS,
      flags: { freshLogin: true },
      statuses: [204, 404],
      async handle(call) {
        await db.transaction((tx) => deleteOrganization(tx, organizationOf(call), changedBy(call)));
        return NO_CONTENT;
      },
    }),
  ];
}

type OrganizationCall = Pick<Call<unknown, unknown>, 'actor' | 'params'>;

/** Errors: NOT_FOUND. */
async function show(ports: WebApiPorts, call: OrganizationCall): Promise<Readonly<Record<string, unknown>>> {
  const organization = await findOrganization(ports.db, call.params['orgname'] ?? '');
  if (organization === undefined) throw new AppError('NOT_FOUND', 'There is no such organization');
  const { role } = await resolveOrganizationAccess(ports.db, organization.name, call.actor);
  const isMember = role !== 'none';
  const isAdmin = role === 'admin' || (await isGranted(ports, { method: 'PUT', permission: ADMINISTRATORS }, call));
  const seesTeams = isMember || isAdmin || (await isGranted(ports, { method: 'GET', permission: MEMBERS }, call));
  return {
    name: organization.name,
    email: isAdmin ? (organization.email ?? '') : '',
    avatar: avatar(organization.name, 'org'),
    is_admin: isAdmin,
    is_member: isMember,
    ...(seesTeams ? await showTeams(ports, organization, call, isAdmin) : {}),
    ...(isAdmin
      ? {
          invoice_email: organization.invoiceEmail,
          invoice_email_address: organization.invoiceEmailAddress ?? null,
          tag_expiration_s: organization.tagExpirationSeconds ?? ports.organizations.tagExpiration.defaultSeconds,
          is_free_account: true,
        }
      : {}),
  };
}

async function showTeams(
  { db }: WebApiPorts,
  organization: Organization,
  { actor }: OrganizationCall,
  isAdmin: boolean,
): Promise<Readonly<Record<string, unknown>>> {
  const [teams, own] = await Promise.all([
    listTeams(db, organization.id),
    listTeamsOfMember(db, organization.id, actor.kind === 'user' ? actor.userId : 0),
  ]);
  const viewed = new Set(own.map(({ id }) => id));
  return {
    teams: Object.fromEntries(teams.map((team) => [team.name, teamView(team, isAdmin || viewed.has(team.id))])),
    ordered_teams: teams.map(({ name }) => name),
  };
}

function teamView(team: TeamOverviewRow, canView: boolean): Readonly<Record<string, unknown>> {
  return {
    name: team.name,
    description: team.description,
    role: team.role,
    avatar: avatar(team.name, 'team'),
    can_view: canView,
    repo_count: team.repo_count,
    member_count: team.member_count,
    is_synced: false,
  };
}
