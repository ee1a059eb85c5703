import { VERSION } from '../../kernel/version.ts';
import {
  API_ERROR,
  bodyIsOptional,
  type DescribedParameter,
  type Json,
  jsonSchema,
  pathParameters,
  queryParameters,
  SCOPE_TEXTS,
  STATUS_TEXTS,
  statusesOf,
  tagsOf,
} from './describe-schema.ts';
import { featuresOf } from './feature-gate.ts';
import type { Operation, Permission } from './operation.ts';
import { API_PREFIX } from './operation-table.ts';
import type { ApiDescription } from './swagger.ts';

const JSON_TYPE = 'application/json';

const INTRODUCTION = `Send an access token as \`Authorization: Bearer …\`, or the cookie of a session. A change by a session also needs
\`X-CSRF-Token\`, which \`GET /csrf_token\` tells. Names of repositories (\`{repository}\`) have slashes, which are sent as they are.`;

/** Everything but where the API is. */
export interface OpenApiParts {
  readonly paths: Json;
  readonly schemas: Json;
  readonly tags: readonly Json[];
}

/** Describes the operations that are served, with who may call them and what they answer. */
export function openApiParts(operations: readonly Operation[]): OpenApiParts {
  const paths: Record<string, Record<string, unknown>> = {};
  const schemas: Record<string, unknown> = { ApiError: API_ERROR };
  for (const operation of operations) {
    const parameters = pathParameters(operation.path).map((one) => toParameter('path', one));
    const path = (paths[API_PREFIX + operation.path] ??= parameters.length > 0 ? { parameters } : {});
    path[operation.method.toLowerCase()] = describeOperation(operation, schemas);
  }
  return { paths, schemas, tags: tagsOf(operations) };
}

/** The API as OpenAPI 3.1. */
export function describeAsOpenApi({ paths, schemas, tags }: OpenApiParts, { title, origin }: ApiDescription): Json {
  return {
    openapi: '3.1.0',
    info: { title, version: VERSION, description: INTRODUCTION },
    servers: [{ url: origin }],
    tags,
    paths,
    components: {
      schemas,
      securitySchemes: {
        accessToken: {
          type: 'http',
          scheme: 'bearer',
          description: `An access token. Its scopes limit what it may do: ${Object.entries(SCOPE_TEXTS)
            .map(([scope, text]) => `\`${scope}\` (${text})`)
            .join(', ')}.`,
        },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: '_csrf_token',
          description: 'The cookie of a signed-in browser.',
        },
        csrf: { type: 'apiKey', in: 'header', name: 'X-CSRF-Token', description: 'Goes with the session.' },
      },
    },
  };
}

function describeOperation(operation: Operation, schemas: Record<string, unknown>): Json {
  const { id, scope, flags, body, permission } = operation;
  const parameters = queryParameters(operation.query, 'draft-2020-12').map((one) => toParameter('query', one));
  const features = featuresOf(flags?.feature);
  return {
    operationId: id,
    summary: operation.summary,
    tags: [operation.tag],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body === undefined ? {} : { requestBody: requestBody(id, body, schemas) }),
    responses: responses(operation, schemas),
    security: security(operation),
    ...(flags?.deprecated === true ? { deprecated: true } : {}),
    'x-permission': describePermission(permission),
    ...(scope === undefined ? {} : { 'x-scope': scope }),
    ...(flags?.freshLogin === true ? { 'x-requires-fresh-login': true } : {}),
    ...(flags?.internal === true ? { 'x-internal': true } : {}),
    ...(features.length > 0 ? { 'x-features': features } : {}),
  };
}

function requestBody(id: string, body: NonNullable<Operation['body']>, schemas: Record<string, unknown>): Json {
  const name = `${id}Request`;
  schemas[name] = jsonSchema(body, 'draft-2020-12');
  return { required: !bodyIsOptional(body), content: { [JSON_TYPE]: { schema: reference(name) } } };
}

function responses({ id, statuses, answer, ...operation }: Operation, schemas: Record<string, unknown>): Json {
  const success = statuses.find((status) => status < 300);
  if (answer !== undefined) schemas[`${id}Answer`] = jsonSchema(answer, 'draft-2020-12', 'output');
  return Object.fromEntries(
    statusesOf({ statuses, method: operation.method }).map((status) => {
      const description = STATUS_TEXTS[status] ?? `Status ${status}`;
      const body = status >= 400 ? 'ApiError' : answer !== undefined && status === success ? `${id}Answer` : undefined;
      const content = body === undefined ? {} : { content: { [JSON_TYPE]: { schema: reference(body) } } };
      return [String(status), { description, ...content }];
    }),
  );
}

/** A session carries every scope. Where no permission is needed, credentials still decide what is shown. */
function security({ permission, scope, method, flags }: Operation): readonly Json[] {
  const bySession = method === 'GET' || flags?.withoutSession === true ? { session: [] } : { session: [], csrf: [] };
  const signedIn = [{ accessToken: scope === undefined ? [] : [scope] }, bySession];
  return permission.kind === 'anyone' ? [{}, ...signedIn] : signedIn;
}

const AS_SUPERUSER = { always: ', or a superuser', full: ', or a superuser with full access' } as const;

/** Who may call an operation, in words. */
export function describePermission(permission: Permission): string {
  switch (permission.kind) {
    case 'anyone':
      return 'Anyone';
    case 'user':
      return 'A signed-in user';
    case 'repository':
      return `Whoever has the role "${permission.role}" on the repository`;
    case 'organization': {
      const others = permission.superusers === undefined ? '' : AS_SUPERUSER[permission.superusers];
      return `Whoever has the role "${permission.role}" in the organization${others}`;
    }
    case 'superuser':
      return 'A superuser';
    default:
      throw new Error(`There is no such permission: ${JSON.stringify(permission satisfies never)}`);
  }
}

function reference(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}

function toParameter(place: 'path' | 'query', { name, required, description, schema }: DescribedParameter): Json {
  return { name, in: place, required, schema, ...(description === '' ? {} : { description }) };
}
