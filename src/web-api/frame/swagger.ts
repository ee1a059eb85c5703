import { z } from 'zod';
import type { Operation } from './operation.ts';
import { API_PREFIX } from './operation-table.ts';

export interface ApiDescription {
  readonly title: string;
  /** `host[:port]` that clients reach the API at. */
  readonly host: string;
  readonly scheme: 'http' | 'https';
  /** Whether operations for the web UI are described too. */
  readonly internal: boolean;
}

type Json = Readonly<Record<string, unknown>>;

/** Scopes as the authorization page words them. */
const SCOPES: Readonly<Record<string, string>> = {
  'repo:read': 'See and pull all repositories that the user can see',
  'repo:write': 'See, pull and push all repositories that the user can',
  'repo:admin': 'Administer all repositories that the user administers',
  'repo:create': 'Create repositories wherever the user may',
  'user:read': 'Read the account of the user',
  'user:admin': 'Change the account of the user, and act on its robots and tokens',
  'org:admin': 'Administer the organizations of the user',
  'super:user': 'Administer the registry, where the user does',
};

const STATUS_TEXTS: Readonly<Record<number, string>> = {
  200: 'Successful invocation',
  201: 'Successful creation',
  202: 'Accepted',
  204: 'Deleted',
  400: 'Bad Request',
  401: 'Session required',
  403: 'Unauthorized access',
  404: 'Not found',
  409: 'Conflict',
  410: 'Gone',
  429: 'Too many requests',
};

/** The API as Swagger 2.0 in the form of Quay's discovery, from the very operations that are served. */
export function describeAsSwagger(operations: readonly Operation[], description: ApiDescription): Json {
  const shown = operations.filter(({ flags }) => description.internal || flags?.internal !== true);
  const paths: Record<string, Record<string, unknown>> = {};
  const definitions: Record<string, unknown> = { ApiError: API_ERROR };
  for (const operation of shown) {
    const address = API_PREFIX + operation.path;
    const path = (paths[address] ??= pathItem(operation));
    path[operation.method.toLowerCase()] = describeOperation(operation, definitions);
  }
  return {
    swagger: '2.0',
    host: description.host,
    basePath: '/',
    schemes: [description.scheme],
    info: {
      version: 'v1',
      title: description.title,
      description: 'The REST API of the registry. Send an access token as "Authorization: Bearer …".',
      termsOfService: '',
      contact: {},
    },
    securityDefinitions: {
      oauth2_implicit: {
        type: 'oauth2',
        flow: 'implicit',
        authorizationUrl: `${description.scheme}://${description.host}/oauth/authorize`,
        scopes: SCOPES,
      },
    },
    paths,
    definitions,
    tags: [...new Set(shown.map(({ tag }) => tag))].toSorted().map((name) => ({ name })),
  };
}

const API_ERROR = {
  type: 'object',
  properties: {
    status: { type: 'integer', description: 'Status of the answer' },
    type: { type: 'string', description: 'Address of the description of the error' },
    detail: { type: 'string', description: 'What could not be done' },
    title: { type: 'string', description: 'The kind of error' },
    error_type: { type: 'string', description: 'The same as title' },
    error_message: { type: 'string', description: 'The same as detail' },
  },
  required: ['status', 'type', 'title'],
} as const;

function pathItem({ path, tag, id }: Operation): Record<string, unknown> {
  const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    type: 'string',
    required: true,
    description: name === 'repository' ? 'Namespace and name, such as "acme/app"' : '',
  }));
  return {
    'x-name': `endpoints.api.${tag}.${id}`,
    'x-path': API_PREFIX + path,
    'x-tag': tag,
    ...(path.startsWith('/user/') ? { 'x-user-related': true } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
  };
}

function describeOperation(operation: Operation, definitions: Record<string, unknown>): Json {
  const { id, scope, flags, body, query } = operation;
  const parameters: unknown[] = query === undefined ? [] : queryParameters(query);
  if (body !== undefined) {
    const name = `${id}Body`;
    definitions[name] = jsonSchema(body);
    parameters.push({ name: 'body', in: 'body', required: true, schema: { $ref: `#/definitions/${name}` } });
  }
  return {
    operationId: id,
    summary: operation.summary,
    description: operation.summary,
    tags: [operation.tag],
    parameters,
    ...(scope === undefined ? {} : { security: [{ oauth2_implicit: [scope] }] }),
    responses: responses(operation),
    ...(flags?.internal === true ? { 'x-internal': true } : {}),
    ...(flags?.freshLogin === true ? { 'x-requires-fresh-login': true } : {}),
  };
}

function responses({ statuses }: Operation): Json {
  const all = [...new Set([...statuses, 400, 401, 403, 404])].toSorted((a, b) => a - b);
  return Object.fromEntries(
    all.map((status) => [
      String(status),
      {
        description: STATUS_TEXTS[status] ?? `Status ${status}`,
        ...(status < 400 ? {} : { schema: { $ref: '#/definitions/ApiError' } }),
      },
    ]),
  );
}

function queryParameters(schema: z.ZodType): unknown[] {
  const { properties, required } = jsonSchema(schema);
  return Object.entries(isRecord(properties) ? properties : {}).map(([name, property]) => {
    const { description, ...rest } = isRecord(property) ? property : {};
    return {
      name,
      in: 'query',
      ...rest,
      ...(typeof description === 'string' ? { description } : {}),
      required: Array.isArray(required) && required.includes(name),
    };
  });
}

/** What a client writes, so before defaults and conversions; Swagger 2.0 speaks JSON Schema draft 4. */
function jsonSchema(schema: z.ZodType): Record<string, unknown> {
  const described = z.toJSONSchema(schema, { target: 'draft-4', io: 'input', unrepresentable: 'any' });
  return Object.fromEntries(Object.entries(described).filter(([name]) => name !== '$schema'));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
