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
import type { Operation } from './operation.ts';
import { API_PREFIX } from './operation-table.ts';
import { swaggerSchema } from './swagger-schema.ts';

export interface ApiDescription {
  readonly title: string;
  /** `scheme://host[:port]` that clients reach the API at. */
  readonly origin: string;
}

/** Everything but where the API is, which differs between callers: made once, it describes the API to all of them. */
export interface SwaggerParts {
  readonly paths: Json;
  readonly definitions: Json;
  readonly tags: readonly Json[];
}

/** Describes the operations that are served in the form of Quay's discovery. */
export function swaggerParts(operations: readonly Operation[]): SwaggerParts {
  const related = new Map(operations.map((operation) => [operation.path, nameOf(operation)]));
  const paths: Record<string, Record<string, unknown>> = {};
  const definitions: Record<string, unknown> = { ApiError: API_ERROR };
  for (const operation of operations) {
    const address = API_PREFIX + operation.path;
    const path = (paths[address] ??= pathItem(operation, related));
    path[operation.method.toLowerCase()] = describeOperation(operation, definitions);
  }
  return { paths, definitions, tags: tagsOf(operations) };
}

/** The API as Swagger 2.0. */
export function describeAsSwagger({ paths, definitions, tags }: SwaggerParts, { title, origin }: ApiDescription): Json {
  const { host, protocol } = new URL(origin);
  return {
    swagger: '2.0',
    host,
    basePath: '/',
    schemes: [protocol.slice(0, -1)],
    info: {
      version: 'v1',
      title,
      description: 'The REST API of the registry. Send an access token as "Authorization: Bearer …".',
      termsOfService: '',
      contact: {},
    },
    securityDefinitions: {
      oauth2_implicit: {
        type: 'oauth2',
        flow: 'implicit',
        authorizationUrl: `${origin}/oauth/authorize`,
        scopes: SCOPE_TEXTS,
      },
    },
    paths,
    definitions,
    tags,
  };
}

function nameOf({ tag, id }: Operation): string {
  return `endpoints.api.${tag}.${id}`;
}

/** @param related names by path: what an organization has, its users mostly have below `/user` too */
function pathItem(operation: Operation, related: ReadonlyMap<string, string>): Record<string, unknown> {
  const { path, tag } = operation;
  const parameters = pathParameters(path).map((parameter) => toParameter('path', parameter));
  const ofUser = path.startsWith('/organization/{orgname}/')
    ? related.get(path.replace('/organization/{orgname}/', '/user/'))
    : undefined;
  return {
    'x-name': nameOf(operation),
    'x-path': API_PREFIX + path,
    'x-tag': tag,
    ...(ofUser === undefined ? {} : { 'x-user-related': ofUser }),
    ...(parameters.length > 0 ? { parameters } : {}),
  };
}

function describeOperation(operation: Operation, definitions: Record<string, unknown>): Json {
  const { id, scope, flags, body } = operation;
  const parameters: Json[] = queryParameters(operation.query, 'draft-4').map((one) => toParameter('query', one));
  if (body !== undefined) {
    const name = `${id}Body`;
    definitions[name] = swaggerSchema(jsonSchema(body, 'draft-4'));
    const schema = { $ref: `#/definitions/${name}` };
    parameters.push({ name: 'body', in: 'body', required: !bodyIsOptional(body), schema });
  }
  return {
    operationId: id,
    summary: operation.summary,
    description: operation.summary,
    tags: [operation.tag],
    parameters,
    ...(scope === undefined ? {} : { security: [{ oauth2_implicit: [scope] }] }),
    responses: Object.fromEntries(statusesOf(operation).map((status) => [String(status), describeStatus(status)])),
    ...(flags?.deprecated === true ? { deprecated: true } : {}),
    ...(flags?.internal === true ? { 'x-internal': true } : {}),
    ...(flags?.freshLogin === true ? { 'x-requires-fresh-login': true } : {}),
  };
}

function describeStatus(status: number): Json {
  return {
    description: STATUS_TEXTS[status] ?? `Status ${status}`,
    ...(status < 400 ? {} : { schema: { $ref: '#/definitions/ApiError' } }),
  };
}

function toParameter(place: 'path' | 'query', { name, required, description, schema }: DescribedParameter): Json {
  return { name, in: place, ...swaggerSchema(schema), required, description };
}
