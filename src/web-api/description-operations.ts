import { z } from 'zod';
import { AppError } from '../kernel/errors.ts';
import { answer } from './frame/answer.ts';
import { flag } from './frame/parameters.ts';
import { defineOperation, type Operation } from './frame/operation.ts';
import { describeAsOpenApi, type OpenApiParts, openApiParts } from './frame/openapi.ts';
import { describeAsSwagger, type SwaggerParts, swaggerParts } from './frame/swagger.ts';

/** Quay's kinds of errors (`error_type`), as `GET /api/v1/error/{error_type}` describes them. */
const ERROR_TYPES: Readonly<Record<string, string>> = {
  external_service_timeout: 'A service that the registry depends on did not answer in time. Try again later.',
  invalid_request: 'The request is malformed or asks for something impossible. The detail says what is wrong.',
  invalid_response:
    'The registry could not make a proper answer. This is a defect; the log of the registry tells more.',
  invalid_token: 'There are no credentials with the request, or none that are valid. Sign in, or send an access token.',
  expired_token: 'The credentials have expired. Sign in again, or use another token.',
  insufficient_scope: 'Whoever calls may not do this, or the access token does not carry the scope for it.',
  fresh_login_required: 'The operation needs the password to have been given a short while ago. Sign in again.',
  exceeds_license: 'The operation goes beyond what this registry is licensed for.',
  not_found: 'What the request is about does not exist, or is hidden from whoever calls.',
  downstream_issue:
    'Something that the registry depends on, such as its database or storage, has failed. Try again later.',
  tag_immutable: 'The tag is immutable: it can be neither moved nor deleted.',
  token_rotation_failed: 'The token could not be replaced by a new one; the old one still holds.',
};

/** The API about itself. */
export function descriptionOperations(operations: () => readonly Operation[], title: string): readonly Operation[] {
  const all = z.object({ internal: flag(false).describe('Describe the operations of the web UI too') });
  const shown = (internal: boolean) => operations().filter(({ flags }) => internal || flags?.internal !== true);
  // Anyone may ask, so the work is done once.
  const swagger = new Map<boolean, SwaggerParts>();
  const openApi = new Map<boolean, OpenApiParts>();
  return [
    defineOperation({
      method: 'GET',
      path: '/discovery',
      id: 'discovery',
      summary: 'Describe all operations, as Swagger 2.0',
      tag: 'discovery',
      permission: { kind: 'anyone' },
      flags: { anonymousAllowed: true },
      query: all,
      statuses: [200],
      async handle({ query: { internal }, context }) {
        const parts = swagger.get(internal) ?? swaggerParts(shown(internal));
        swagger.set(internal, parts);
        return answer(describeAsSwagger(parts, { title, origin: context.origin }));
      },
    }),
    defineOperation({
      method: 'GET',
      path: '/openapi.json',
      id: 'describeAsOpenApi',
      summary: 'Describe all operations, as OpenAPI 3.1',
      tag: 'discovery',
      permission: { kind: 'anyone' },
      flags: { anonymousAllowed: true },
      query: all,
      statuses: [200],
      async handle({ query: { internal }, context }) {
        const parts = openApi.get(internal) ?? openApiParts(shown(internal));
        openApi.set(internal, parts);
        return answer(describeAsOpenApi(parts, { title, origin: context.origin }));
      },
    }),
    defineOperation({
      method: 'GET',
      path: '/error/{error_type}',
      id: 'getErrorDescription',
      summary: 'Describe a kind of error',
      tag: 'error',
      permission: { kind: 'anyone' },
      statuses: [200, 404],
      async handle({ params, context }) {
        const type = params['error_type'] ?? '';
        const description = Object.hasOwn(ERROR_TYPES, type) ? ERROR_TYPES[type] : undefined;
        if (description === undefined) throw new AppError('NOT_FOUND', 'There is no such kind of error');
        return answer({ type: `${context.origin}/api/v1/error/${type}`, title: type, description });
      },
    }),
  ];
}
