import { z } from 'zod';
import type { Operation } from './operation.ts';

export type Json = Readonly<Record<string, unknown>>;

/** One parameter as both descriptions have it, but for where its type stands. */
export interface DescribedParameter {
  readonly name: string;
  readonly required: boolean;
  readonly description: string;
  /** Type, default and bounds. */
  readonly schema: Json;
}

/**
 * What a client writes, so before defaults and conversions, as JSON Schema.
 * @param target Swagger 2.0 speaks draft 4, OpenAPI 3.1 draft 2020-12
 */
export function jsonSchema(
  schema: z.ZodType,
  target: 'draft-4' | 'draft-2020-12',
  io: 'input' | 'output' = 'input',
): Json {
  const described = z.toJSONSchema(schema, { target, io, unrepresentable: 'any' });
  return Object.fromEntries(Object.entries(described).filter(([name]) => name !== '$schema'));
}

export function pathParameters(path: string): readonly DescribedParameter[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    required: true,
    description: name === 'repository' ? 'Namespace and name, such as "acme/app"' : '',
    schema: { type: 'string' },
  }));
}

export function queryParameters(
  query: Operation['query'],
  target: 'draft-4' | 'draft-2020-12',
): readonly DescribedParameter[] {
  if (query === undefined) return [];
  const { properties, required } = jsonSchema(query, target);
  return Object.entries(isRecord(properties) ? properties : {}).map(([name, property]) => {
    const { description, ...schema } = isRecord(property) ? property : {};
    return {
      name,
      required: Array.isArray(required) && required.includes(name),
      description: typeof description === 'string' ? description : '',
      schema,
    };
  });
}

/** Whether an operation can be called without a body. */
export function bodyIsOptional(body: z.ZodType): boolean {
  return body.safeParse(undefined).success;
}

/** What every operation may answer with, beside its own statuses: those that Quay's description lists. */
export function statusesOf({ statuses, method }: Pick<Operation, 'statuses' | 'method'>): readonly number[] {
  const success = method === 'DELETE' ? 204 : method === 'POST' ? 201 : 200;
  return [...new Set([...statuses, success, 400, 401, 403, 404])].toSorted((a, b) => a - b);
}

export function tagsOf(operations: readonly Operation[]): readonly Json[] {
  return [...new Set(operations.map(({ tag }) => tag))].toSorted().map((name) => ({ name }));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Scopes as the authorization page words them. */
export const SCOPE_TEXTS: Readonly<Record<string, string>> = {
  'repo:read': 'See and pull all repositories that the user can see',
  'repo:write': 'See, pull and push all repositories that the user can',
  'repo:admin': 'Administer all repositories that the user administers',
  'repo:create': 'Create repositories wherever the user may',
  'user:read': 'Read the account of the user',
  'user:admin': 'Change the account of the user, and act on its robots and tokens',
  'org:admin': 'Administer the organizations of the user',
  'super:user': 'Administer the registry, where the user does',
};

export const STATUS_TEXTS: Readonly<Record<number, string>> = {
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

export const API_ERROR = {
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
