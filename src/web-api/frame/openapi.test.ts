import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createTestDatabase } from '../../../test/support/databases.ts';
import { createTestIdentity } from '../../../test/support/identity.ts';
import { webApiPorts } from '../../../test/support/web-api.ts';
import { webApiOperations } from '../create-web-api.ts';
import { answer } from './answer.ts';
import { jsonSchema } from './describe-schema.ts';
import { describeAsOpenApi, openApiParts } from './openapi.ts';
import { defineOperation } from './operation.ts';
import { describeAsSwagger, swaggerParts } from './swagger.ts';
import { swaggerSchema } from './swagger-schema.ts';

const WHERE = { title: 'A registry', origin: 'https://registry.test' } as const;

const database = await createTestDatabase('sqlite');
const operations = webApiOperations(webApiPorts(database.db, createTestIdentity(database.db)));
await database.drop();

/** As a client gets it. */
const sent = (description: object) => JSON.parse(JSON.stringify(description)) as Record<string, unknown>;

describe('the description as OpenAPI', () => {
  it('is valid by the schema of OpenAPI 3.1', async () => {
    const validator = new Validator();
    const result = await validator.validate(sent(describeAsOpenApi(openApiParts(operations), WHERE)));
    expect(result.errors ?? []).toEqual([]);
    expect([result.valid, validator.version]).toEqual([true, '3.1']);
  });

  it('has every operation that is served, once', () => {
    const { paths } = describeAsOpenApi(openApiParts(operations), WHERE) as {
      paths: Record<string, Record<string, object>>;
    };
    const described = Object.values(paths).flatMap((path) =>
      Object.values(path).flatMap((one) => ('operationId' in one ? [String(one.operationId)] : [])),
    );
    expect(described.toSorted()).toEqual(operations.map(({ id }) => id).toSorted());
  });

  it('tells body, answer, permission, scope and credentials of an operation', () => {
    const operation = defineOperation({
      method: 'PUT',
      path: '/organization/{orgname}/thing',
      id: 'putThing',
      summary: 'Put a thing',
      tag: 'thing',
      scope: 'org:admin',
      permission: { kind: 'organization', role: 'admin', superusers: 'full' },
      flags: { freshLogin: true, feature: 'FEATURE_THINGS' },
      query: z.object({
        limit: z.string().transform(Number).meta({ type: 'integer' }).optional().describe('How many'),
      }),
      body: z.object({ size: z.int().min(1) }),
      answer: z.object({ size: z.int() }),
      statuses: [200, 409],
      handle: () => Promise.resolve(answer({})),
    });
    const { paths, components } = describeAsOpenApi(openApiParts([operation]), WHERE) as {
      paths: Record<string, Record<string, unknown>>;
      components: { schemas: Record<string, unknown> };
    };
    expect(paths['/api/v1/organization/{orgname}/thing']).toMatchObject({
      parameters: [{ name: 'orgname', in: 'path', required: true, schema: { type: 'string' } }],
      put: {
        operationId: 'putThing',
        parameters: [
          { name: 'limit', in: 'query', required: false, schema: { type: 'integer' }, description: 'How many' },
        ],
        requestBody: {
          required: true,
          content: { 'application/json': { schema: { $ref: '#/components/schemas/putThingRequest' } } },
        },
        responses: {
          200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/putThingAnswer' } } } },
          409: { content: { 'application/json': { schema: { $ref: '#/components/schemas/ApiError' } } } },
        },
        security: [{ accessToken: ['org:admin'] }, { session: [], csrf: [] }],
        'x-permission': 'Whoever has the role "admin" in the organization, or a superuser with full access',
        'x-scope': 'org:admin',
        'x-requires-fresh-login': true,
        'x-features': ['FEATURE_THINGS'],
      },
    });
    expect(components.schemas['putThingRequest']).toMatchObject({ required: ['size'] });
  });
});

it('the discovery is valid by the schema of Swagger 2.0', async () => {
  const validator = new Validator();
  const result = await validator.validate(sent(describeAsSwagger(swaggerParts(operations), WHERE)));
  expect(result.errors ?? []).toEqual([]);
  expect([result.valid, validator.version]).toEqual([true, '2.0']);
});

it('the discovery says of alternatives what Swagger 2.0 can', () => {
  const schema = z.object({
    name: z.string().max(5).nullable().describe('A name'),
    either: z.union([z.string(), z.int()]),
    kind: z.literal('image'),
    list: z.array(z.object({ size: z.int().nullable() })),
    words: z.record(z.string(), z.string().nullable()),
  });
  expect(swaggerSchema(jsonSchema(schema, 'draft-4'))).toMatchObject({
    type: 'object',
    required: ['name', 'either', 'kind', 'list', 'words'],
    properties: {
      name: { type: 'string', maxLength: 5, 'x-nullable': true, description: 'A name' },
      either: {},
      kind: { type: 'string', enum: ['image'] },
      list: { type: 'array', items: { properties: { size: { type: 'integer', 'x-nullable': true } } } },
      words: { additionalProperties: { type: 'string', 'x-nullable': true } },
    },
  });
});
