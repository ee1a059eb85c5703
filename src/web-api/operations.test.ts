import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../test/support/databases.ts';
import { createTestIdentity } from '../../test/support/identity.ts';
import { QUAY_OPERATIONS, type QuayOperation } from '../../test/support/quay-operations.ts';
import { webApiPorts } from '../../test/support/web-api.ts';
import { answer } from './frame/answer.ts';
import { defineOperation, type Method, type Operation } from './frame/operation.ts';
import { OperationTable } from './frame/operation-table.ts';
import { describeAsSwagger } from './frame/swagger.ts';
import { webApiOperations } from './create-web-api.ts';

/** Operations that Quay's table does not list. */
const OURS = ['initializeUser'];

const database = await createTestDatabase('sqlite');
const operations = webApiOperations(webApiPorts(database.db, createTestIdentity(database.db)));
await database.drop();

function quaysOperation(id: string): QuayOperation | undefined {
  return QUAY_OPERATIONS.find(({ operationId }) => operationId === id);
}

describe('every operation', () => {
  it.each(operations.filter(({ id }) => !OURS.includes(id)).map((operation) => [operation.id, operation] as const))(
    '%s is what Quay documents',
    (id, { method, path, scope, flags, query, body, statuses, tag }) => {
      const quays = quaysOperation(id);
      expect({
        method,
        path,
        module: tag,
        scope: scope ?? null,
        internal: flags?.internal ?? false,
        freshLogin: flags?.freshLogin ?? false,
        anonymousAllowed: flags?.anonymousAllowed ?? false,
        body: body !== undefined,
      }).toEqual({
        method: quays?.method,
        path: quays?.path,
        module: quays?.module,
        scope: quays?.scope,
        internal: quays?.internal,
        freshLogin: quays?.freshLogin,
        anonymousAllowed: quays?.anonymousAllowed,
        body: quays?.body,
      });
      expect(statuses).toEqual(expect.arrayContaining(quays?.statuses.filter((code) => code < 300) ?? []));
      expect(parameterNames(query)).toEqual(quays?.query);
    },
  );
});

function parameterNames(query: Operation['query']): readonly string[] {
  if (query === undefined) return [];
  const described = describeAsSwagger([{ ...anyOperation('GET', '/x'), query }], DESCRIPTION);
  const paths = described['paths'] as Record<string, { get: { parameters: { name: string }[] } }>;
  return paths['/api/v1/x']?.get.parameters.map(({ name }) => name) ?? [];
}

const DESCRIPTION = { title: 'x', host: 'registry.test', scheme: 'https', internal: true } as const;

function anyOperation(method: Method, path: string): Operation {
  return defineOperation({
    method,
    path,
    id: `${method} ${path}`,
    summary: 'x',
    tag: 'x',
    permission: { kind: 'anyone' },
    statuses: [200],
    handle: () => Promise.resolve(answer({})),
  });
}

describe('finding an operation', () => {
  const paths = QUAY_OPERATIONS.map(({ method, path }) => [method, path] as const);
  const table = new OperationTable([
    ...new Map(paths.map(([method, path]) => [`${method} ${path}`, anyOperation(method, path)])).values(),
  ]);

  it('reaches each of all the paths that Quay has, whatever the names in it', () => {
    const name = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,8}$/);
    const repository = fc.array(name, { minLength: 2, maxLength: 4 }).map((segments) => segments.join('/'));
    fc.assert(
      fc.property(fc.constantFrom(...paths), name, repository, fc.boolean(), ([method, path], word, repo, slash) => {
        // Names that are words of longer paths are meant as these.
        fc.pre(!/(?:^|\/)(?:tag|build|trigger|permissions|manifest|find|logs)(?:\/|$)/.test(`${word}/${repo}`));
        const address = path.replaceAll('{repository}', repo).replace(/\{\w+\}/g, word);
        const found = table.match(method, `/api/v1${address.replace(/\/$/, '')}${slash ? '/' : ''}`);
        expect(found.params).toEqual(
          Object.fromEntries(
            [...found.operation.path.matchAll(/\{(\w+)\}/g)].map(([, key]) => [
              key,
              key === 'repository' ? repo : word,
            ]),
          ),
        );
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['/api/v1/repository/a/b/permissions/user/x', '/repository/{repository}/permissions/user/{username}'],
    ['/api/v1/repository/a/b/c/d', '/repository/{repository}'],
    ['/api/v1/repository/a%2Fb', '/repository/{repository}'],
    ['/api/v1/repository/a/tag/tag/', '/repository/{repository}/tag/'],
    ['/api/v1/organization/x/robots/y/permissions', '/organization/{orgname}/robots/{robot_shortname}/permissions'],
  ])('takes %s for %s', (address, path) => {
    expect(table.match('GET', address).operation.path).toBe(path);
  });

  it('answers 404 for other paths, 405 with the methods for other methods, 400 for broken encodings', () => {
    const fails = (method: string, path: string) => () => table.match(method, path);
    expect(fails('GET', '/api/v1/none')).toThrow(expect.objectContaining({ status: 404 }));
    expect(fails('GET', '/api/v1/repository/%zz')).toThrow(expect.objectContaining({ status: 400 }));
    expect(fails('PATCH', '/api/v1/user/')).toThrow(
      expect.objectContaining({ status: 405, headers: { Allow: 'DELETE, GET, POST, PUT' } }),
    );
    expect(table.match('HEAD', '/api/v1/user/').operation.method).toBe('GET');
  });

  it('refuses a table in which two operations are called the same', () => {
    const twice = [anyOperation('GET', '/a/{x}'), anyOperation('GET', '/a/{y}')];
    expect(() => new OperationTable(twice)).toThrow('two operations');
  });
});

describe('the description', () => {
  it('leaves out what is internal unless asked', () => {
    const ids = (internal: boolean) => JSON.stringify(describeAsSwagger(operations, { ...DESCRIPTION, internal }));
    expect(ids(false)).not.toContain('signinUser');
    expect(ids(true)).toContain('signinUser');
    expect(ids(false)).toContain('"operationId":"deleteRepository"');
  });

  it('names the body, the scope and the parameters of an operation', () => {
    const described = describeAsSwagger(operations, DESCRIPTION) as {
      paths: Record<string, Record<string, { parameters: unknown[]; security?: unknown }> & { parameters?: unknown[] }>;
      definitions: Record<string, unknown>;
    };
    expect(described.paths['/api/v1/signin']?.['post']?.parameters).toEqual([
      { name: 'body', in: 'body', required: true, schema: { $ref: '#/definitions/signinUserBody' } },
    ]);
    expect(described.definitions['signinUserBody']).toMatchObject({
      type: 'object',
      required: ['username', 'password'],
    });
    const repository = described.paths['/api/v1/repository/{repository}'];
    expect(repository?.parameters).toMatchObject([{ name: 'repository', in: 'path', required: true }]);
    expect(repository?.['delete']?.security).toEqual([{ oauth2_implicit: ['repo:admin'] }]);
    expect(described.paths['/api/v1/discovery']?.['get']?.parameters).toMatchObject([
      { name: 'internal', in: 'query', type: 'boolean', required: false },
    ]);
  });
});
