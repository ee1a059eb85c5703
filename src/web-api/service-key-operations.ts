import { approvalRequest, newServiceKeyRequest, serviceKeyChangeRequest } from '../contract/index.ts';
import type { KeyAdministrator, ServiceKey } from '../identity/index.ts';
import { AppError } from '../kernel/errors.ts';
import { avatar } from './avatar.ts';
import { answer, NO_CONTENT } from './frame/answer.ts';
import { rfc2822 } from './frame/dates.ts';
import { type Call, defineOperation, type Operation } from './frame/operation.ts';
import type { WebApiPorts } from './ports.ts';

const COMMON = {
  tag: 'superuser',
  scope: 'super:user',
  permission: { kind: 'superuser' },
  flags: { feature: 'FEATURE_SUPER_USERS' },
} as const;
const CHANGES = { ...COMMON, flags: { ...COMMON.flags, freshLogin: true } } as const;

/** The keys of services, as superusers see and change them. */
export function serviceKeyOperations({ keyAdministration: keys }: WebApiPorts): readonly Operation[] {
  return [
    defineOperation({
      ...COMMON,
      method: 'GET',
      path: '/superuser/keys',
      id: 'listServiceKeys',
      summary: 'List the keys of services',
      statuses: [200],
      handle: async () => answer({ keys: (await keys.list()).map(view) }),
    }),
    defineOperation({
      ...CHANGES,
      method: 'POST',
      path: '/superuser/keys',
      id: 'createServiceKey',
      summary: 'Make a key pair for a service; the private key is shown this once',
      body: newServiceKeyRequest,
      statuses: [200, 400],
      async handle({ body, ...call }) {
        const { service, name = '', metadata = {}, notes = '', expiration } = body;
        const expiresAt = millisecondsOf(expiration) ?? undefined;
        const made = await keys.create({ service, name, metadata, notes, expiresAt }, administrator(call));
        return answer({
          kid: made.kid,
          name,
          service,
          public_key: made.publicKey,
          private_key: made.privateKey,
        });
      },
    }),
    defineOperation({
      ...COMMON,
      method: 'GET',
      path: '/superuser/keys/{kid}',
      id: 'getServiceKey',
      summary: 'Show a key of a service',
      statuses: [200, 404],
      async handle({ params }) {
        const key = await keys.find(params['kid'] ?? '');
        if (key === undefined) throw new AppError('NOT_FOUND', 'There is no such key');
        return answer(view(key));
      },
    }),
    defineOperation({
      ...CHANGES,
      method: 'PUT',
      path: '/superuser/keys/{kid}',
      id: 'updateServiceKey',
      summary: 'Change the name, the metadata or the expiration of a key',
      body: serviceKeyChangeRequest,
      statuses: [200, 400, 404],
      async handle({ body, params, ...call }) {
        const { name, metadata, expiration } = body;
        const change = { name, metadata, expiresAt: millisecondsOf(expiration) };
        return answer(view(await keys.update(params['kid'] ?? '', change, administrator(call))));
      },
    }),
    defineOperation({
      ...CHANGES,
      method: 'DELETE',
      path: '/superuser/keys/{kid}',
      id: 'deleteServiceKey',
      summary: 'Delete a key, which nobody is to believe any more',
      statuses: [200, 204, 404],
      async handle({ params, ...call }) {
        await keys.remove(params['kid'] ?? '', administrator(call));
        return NO_CONTENT;
      },
    }),
    defineOperation({
      ...CHANGES,
      method: 'POST',
      path: '/superuser/approvedkeys/{kid}',
      id: 'approveServiceKey',
      summary: 'Approve a key that a service has registered',
      body: approvalRequest,
      statuses: [200, 201, 404],
      async handle({ body, params, ...call }) {
        await keys.approve(params['kid'] ?? '', body?.notes ?? '', administrator(call));
        return answer('', 201);
      },
    }),
  ];
}

function administrator({ actor, context }: Pick<Call<unknown, unknown>, 'actor' | 'context'>): KeyAdministrator {
  return { actor, clientAddress: context.clientAddress };
}

function millisecondsOf<T extends null | undefined>(seconds: number | T): number | T {
  return typeof seconds === 'number' ? Math.round(seconds * 1000) : seconds;
}

function view({ approval, expiresAt, ...key }: ServiceKey): Readonly<Record<string, unknown>> {
  return {
    name: key.name,
    kid: key.kid,
    service: key.service,
    jwk: { ...key.jwk, kid: key.kid },
    metadata: key.metadata,
    created_date: rfc2822(key.createdAt),
    expiration_date: expiresAt === undefined ? null : rfc2822(expiresAt),
    rotation_duration: key.rotationSeconds ?? null,
    approval:
      approval === undefined
        ? null
        : {
            approver: approval.approver === undefined ? null : approverView(approval.approver),
            approval_type: approval.type,
            approved_date: rfc2822(approval.at),
            notes: approval.notes,
          },
  };
}

function approverView(name: string): Readonly<Record<string, unknown>> {
  return { kind: 'user', name, username: name, avatar: avatar(name, 'user') };
}
