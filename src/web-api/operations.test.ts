import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../test/support/databases.ts';
import { createTestIdentity } from '../../test/support/identity.ts';
import { QUAY_OPERATIONS, ROBOT_EXTRAS, type QuayOperation } from '../../test/support/quay-operations.ts';
import { webApiPorts } from '../../test/support/web-api.ts';
import { configPieces } from '../app/config.ts';
import { describeKeys } from '../platform/config/index.ts';
import { answer } from './frame/answer.ts';
import { featuresOf, operationsWithout } from './frame/feature-gate.ts';
import { defineOperation, type Method, type Operation } from './frame/operation.ts';
import { OperationTable } from './frame/operation-table.ts';
import { queryParameters } from './frame/describe-schema.ts';
import { openApiParts } from './frame/openapi.ts';
import { describeAsSwagger, swaggerParts } from './frame/swagger.ts';
import { webApiOperations } from './create-web-api.ts';

/** Operations that Quay's table does not list. */
const OURS = [
  'initializeUser',
  'describeAsOpenApi',
  'getConfigStatus',
  'grantSuperuser',
  // Quay has it, without a name.
  'dumpConfig',
  'revokeSuperuser',
  ...ROBOT_EXTRAS.keys(),
];

const database = await createTestDatabase('sqlite');
const ports = webApiPorts(database.db, createTestIdentity(database.db));
const operations = webApiOperations(ports);
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
        features: featuresOf(flags?.feature).toSorted(),
        body: body !== undefined,
      }).toEqual({
        method: quays?.method,
        path: quays?.path,
        module: quays?.module,
        scope: quays?.scope,
        internal: quays?.internal,
        freshLogin: quays?.freshLogin,
        anonymousAllowed: quays?.anonymousAllowed,
        features: quays?.features.map((name) => `FEATURE_${name}`),
        body: quays?.body,
      });
      expect(statuses).toEqual(expect.arrayContaining(quays?.statuses.filter((code) => code < 300) ?? []));
      const parameters = queryParameters(query, 'draft-4');
      expect(parameters.map(({ name }) => name)).toEqual(quays?.query);
      expect(parameters.map(({ schema }) => schema['type'])).toEqual(quays?.queryTypes);
    },
  );
});

/** Resources of which every operation is there, but for what belongs to things that are still to be built. */
const RESOURCES = `appspecifictokens bootstrap capabilities discovery error globalmessages organization
  organization_application_tokens permission prototype repotoken repository robot suconfig superuser team user`.split(
  /\s+/,
);

/** Proxy caches, mirrors, billing, signing, quotas, builds, logs, sizes, stars, notifications, other directories. */
const STILL_TO_COME =
  /proxycache|mirror|changestate|changetrust|\/private$|quota|build_uuid|logs$|registrysize|starred|notifications|syncing|externallogin|detachexternal/;

it('none of the operations on accounts, organizations, teams, robots, tokens and permissions is missing', () => {
  const there = new Set(operations.map(({ method, path }) => `${method} ${path}`));
  const missing = QUAY_OPERATIONS.filter(({ module }) => RESOURCES.includes(module))
    .map(({ method, path }) => `${method} ${path}`)
    .filter((operation) => !there.has(operation) && !STILL_TO_COME.test(operation));
  expect(missing).toEqual([]);
  expect(there.size).toBeGreaterThan(100);
});

describe('an operation of a feature', () => {
  const feature = (...keys: `FEATURE_${string}`[]): Operation => ({
    ...anyOperation('GET', `/${keys.length}`),
    flags: { feature: keys },
  });

  it('exists while all of its features are on, and not otherwise', () => {
    const all = [feature(), feature('FEATURE_A'), feature('FEATURE_A', 'FEATURE_B')];
    const left = (...off: string[]) => operationsWithout(new Set(off), all).map(({ path }) => path);
    expect(left()).toEqual(['/0', '/1', '/2']);
    expect(left('FEATURE_B')).toEqual(['/0', '/1']);
    expect(left('FEATURE_A')).toEqual(['/0']);
  });

  it('has no address and no description while the feature is off', () => {
    const left = webApiOperations({ ...ports, featuresOff: new Set(['FEATURE_DIRECT_LOGIN']) });
    const table = new OperationTable(left);
    expect(() => table.match('POST', '/api/v1/signin')).toThrow(expect.objectContaining({ status: 404 }));
    expect(table.match('POST', '/api/v1/signout').operation.id).toBe('logout');
    const described = (list: readonly Operation[]) => JSON.stringify([swaggerParts(list), openApiParts(list)]);
    expect(described(left)).not.toContain('signinUser');
    expect(described(operations)).toContain('signinUser');
  });

  it('names keys that can be set', () => {
    const named = operations.flatMap(({ flags }) => featuresOf(flags?.feature));
    const working = describeKeys(configPieces).filter(({ state }) => state === 'works');
    const keys = new Set(working.map(({ key }) => key));
    expect(named.filter((key) => !keys.has(key))).toEqual([]);
  });
});

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

  it('answers 404 for what another feature would do at an address, too', () => {
    const table = new OperationTable([anyOperation('GET', '/a/{x}')], [anyOperation('POST', '/a/{y}/')]);
    expect(() => table.match('POST', '/api/v1/a/b')).toThrow(expect.objectContaining({ status: 404 }));
    expect(() => table.match('PUT', '/api/v1/a/b')).toThrow(expect.objectContaining({ status: 405 }));
  });

  it('refuses a table in which two operations are called the same', () => {
    const twice = [anyOperation('GET', '/a/{x}'), anyOperation('GET', '/a/{y}')];
    expect(() => new OperationTable(twice)).toThrow('two operations');
  });
});

interface Described {
  readonly operationId: string;
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly security?: unknown;
  readonly responses: Readonly<Record<string, unknown>>;
}

describe('the discovery', () => {
  const ORIGIN = 'https://registry.test:8443';
  const describeAll = (list: readonly Operation[]) =>
    describeAsSwagger(swaggerParts(list), { title: 'A registry', origin: ORIGIN }) as {
      paths: Record<
        string,
        Record<string, Described> & { parameters?: { name: string; in: string; required: boolean }[] }
      >;
      definitions: Record<string, unknown>;
    };

  it('has the members of Quay’s', () => {
    expect(describeAll(operations)).toMatchObject({
      swagger: '2.0',
      host: 'registry.test:8443',
      basePath: '/',
      schemes: ['https'],
      info: { version: 'v1', title: 'A registry', termsOfService: '', contact: {} },
      securityDefinitions: {
        oauth2_implicit: { type: 'oauth2', flow: 'implicit', authorizationUrl: `${ORIGIN}/oauth/authorize` },
      },
      definitions: { ApiError: { type: 'object' } },
    });
  });

  it.each(operations.filter(({ id }) => !OURS.includes(id)).map((operation) => [operation.id, operation] as const))(
    'describes %s as Quay does: address, parameters, scope, answers',
    (id, operation) => {
      const quays = quaysOperation(id);
      const { paths } = describeAll(operations);
      const path = paths[`/api/v1${quays?.path}`];
      expect(path).toMatchObject({
        'x-path': `/api/v1${quays?.path}`,
        'x-tag': quays?.module,
        'x-name': expect.any(String),
      });
      const named = [...(quays?.path.matchAll(/\{(\w+)\}/g) ?? [])].map(([, name]) => name);
      expect(path?.parameters ?? []).toMatchObject(
        named.map((name) => ({ name, in: 'path', type: 'string', required: true })),
      );
      const described = path?.[operation.method.toLowerCase()];
      expect(described?.operationId).toBe(id);
      expect(described?.parameters.filter((one) => one.in === 'query').map(({ name }) => name)).toEqual(quays?.query);
      expect(described?.parameters.some((one) => one.in === 'body')).toBe(quays?.body);
      expect(described?.security).toEqual(quays?.scope == null ? undefined : [{ oauth2_implicit: [quays.scope] }]);
      const success = { DELETE: '204', POST: '201', GET: '200', PUT: '200' }[operation.method];
      expect(Object.keys(described?.responses ?? {})).toEqual(
        expect.arrayContaining([success, '400', '401', '403', '404']),
      );
      expect(described).toMatchObject({
        ...(quays?.internal === true ? { 'x-internal': true } : {}),
        ...(quays?.freshLogin === true ? { 'x-requires-fresh-login': true } : {}),
      });
    },
  );

  it('describes each body under a name of its own', () => {
    const { paths, definitions } = describeAll(operations);
    expect(paths['/api/v1/signin']?.['post']?.parameters).toEqual([
      { name: 'body', in: 'body', required: true, schema: { $ref: '#/definitions/signinUserBody' } },
    ]);
    expect(definitions['signinUserBody']).toMatchObject({ type: 'object', required: ['username', 'password'] });
    const body = paths['/api/v1/user/robots/{robot_shortname}']?.['put']?.parameters.find((one) => one.in === 'body');
    expect(body, 'which Quay lets be missing').toMatchObject({ required: false });
  });
});
