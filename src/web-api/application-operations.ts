import type { z } from 'zod';
import { applicationRequest, newApplicationRequest } from '../contract/index.ts';
import { type Application, type ApplicationFacts, applicationUnknown, auditActor } from '../identity/index.ts';
import { avatar } from './avatar.ts';
import { answer, NO_CONTENT } from './frame/answer.ts';
import { type Call, defineOperation, type Granted, type Operation } from './frame/operation.ts';
import type { WebApiPorts } from './ports.ts';

const COMMON = {
  tag: 'organization',
  scope: 'org:admin',
  permission: { kind: 'organization', role: 'admin', superusers: 'full' },
} as const;

const LIST = '/organization/{orgname}/applications';
const ONE = `${LIST}/{client_id}`;

/** The applications of an organization, which users may let act for them. */
export function applicationOperations(ports: WebApiPorts): readonly Operation[] {
  const { db } = ports;
  const { applications } = ports.oauth;
  const view = (application: Application, granted: Granted) => viewOf(ports, application, granted);
  return [
    defineOperation({
      method: 'GET',
      path: '/app/{client_id}',
      id: 'getApplicationInformation',
      summary: 'Tell what is public about an application',
      tag: 'organization',
      permission: { kind: 'anyone' },
      statuses: [200, 404],
      async handle({ params }) {
        const application = await applications.find(params['client_id'] ?? '');
        if (application === undefined) throw applicationUnknown();
        const { name, description, applicationUri, avatarEmail, organization } = application;
        return answer({
          name,
          description,
          uri: applicationUri,
          avatar: avatar(name, 'app', avatarEmail),
          organization: { name: organization.name, avatar: avatar(organization.name, 'org'), is_admin: false },
        });
      },
    }),
    defineOperation({
      ...COMMON,
      method: 'GET',
      path: LIST,
      id: 'getOrganizationApplications',
      summary: 'List the applications of an organization',
      statuses: [200],
      async handle({ granted }) {
        const list = await applications.list(organizationOf(granted).id);
        return answer({ applications: list.map((application) => view(application, granted)) });
      },
    }),
    defineOperation({
      ...COMMON,
      method: 'POST',
      path: LIST,
      id: 'createOrganizationApplication',
      summary: 'Register an application',
      body: newApplicationRequest,
      statuses: [200, 400],
      async handle({ granted, actor, body }) {
        const organization = organizationOf(granted);
        const made = await db.transaction((tx) =>
          applications.create(tx, organization, factsOf(body), auditActor(actor)),
        );
        return answer(view(made, granted));
      },
    }),
    defineOperation({
      ...COMMON,
      method: 'GET',
      path: ONE,
      id: 'getOrganizationApplication',
      summary: 'Show an application',
      statuses: [200, 404],
      handle: async (call) => answer(view(await findApplication(ports, call), call.granted)),
    }),
    defineOperation({
      ...COMMON,
      method: 'PUT',
      path: ONE,
      id: 'updateOrganizationApplication',
      summary: 'Change an application',
      body: applicationRequest,
      statuses: [200, 400, 404],
      async handle(call) {
        const application = await findApplication(ports, call);
        const changed = await db.transaction((tx) =>
          applications.update(tx, application, factsOf(call.body), auditActor(call.actor)),
        );
        return answer(view(changed, call.granted));
      },
    }),
    defineOperation({
      ...COMMON,
      method: 'DELETE',
      path: ONE,
      id: 'deleteOrganizationApplication',
      summary: 'Delete an application; everything that it was given ends',
      statuses: [204, 404],
      async handle(call) {
        const application = await findApplication(ports, call);
        await db.transaction((tx) => applications.remove(tx, application, auditActor(call.actor)));
        return NO_CONTENT;
      },
    }),
    defineOperation({
      method: 'POST',
      path: `${ONE}/resetclientsecret`,
      id: 'resetOrganizationApplicationClientSecret',
      summary: 'Give an application a new secret; the old one ends',
      tag: COMMON.tag,
      permission: COMMON.permission,
      flags: { internal: true },
      statuses: [200, 404],
      async handle(call) {
        const application = await findApplication(ports, call);
        const changed = await db.transaction((tx) => applications.resetSecret(tx, application, auditActor(call.actor)));
        return answer(view(changed, call.granted));
      },
    }),
  ];
}

/** The application in the path. Errors: NOT_FOUND, also for one of another organization. */
export async function findApplication(
  { oauth }: WebApiPorts,
  { params, granted }: Pick<Call<unknown, unknown>, 'params' | 'granted'>,
): Promise<Application> {
  const application = await oauth.applications.find(params['client_id'] ?? '');
  if (application?.organization.id !== organizationOf(granted).id) throw applicationUnknown();
  return application;
}

function organizationOf({ organization }: Granted): { readonly id: number; readonly name: string } {
  if (organization === undefined) throw new Error('Applications belong to an organization');
  return organization;
}

/** Only administrators of the organization are shown the secret, and not whoever may see everything. */
function viewOf(
  { oauth }: WebApiPorts,
  application: Application,
  { role }: Granted,
): Readonly<Record<string, unknown>> {
  const isAdmin = role === 'admin';
  return {
    name: application.name,
    description: application.description,
    application_uri: application.applicationUri,
    client_id: application.clientId,
    client_secret: isAdmin ? oauth.applications.secretOf(application) : null,
    redirect_uri: isAdmin ? application.redirectUri : null,
    avatar_email: isAdmin ? (application.avatarEmail ?? null) : null,
    public_client: application.publicClient,
  };
}

function factsOf(body: z.infer<typeof newApplicationRequest>): ApplicationFacts {
  return {
    name: body.name,
    description: body.description ?? '',
    redirectUri: body.redirect_uri ?? '',
    applicationUri: body.application_uri ?? '',
    avatarEmail: body.avatar_email ?? undefined,
    publicClient: body.public_client ?? false,
  };
}
