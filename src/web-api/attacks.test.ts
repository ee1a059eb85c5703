import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { beforeAll, describe, expect, it } from 'vitest';
import { byToken, bySession, type Credentials, onlyCookie } from '../../test/support/api-caller.ts';
import { createTestDatabase, describeOnBothDatabases } from '../../test/support/databases.ts';
import { startHttp, type TestServer } from '../../test/support/http.ts';
import { cheapPasswords, createTestIdentity } from '../../test/support/identity.ts';
import { POLICY, webApiPorts } from '../../test/support/web-api.ts';
import { ADDRESS_SPACE } from '../app/address-space.ts';
import { ensureRepository } from '../catalog/index.ts';
import {
  createAccessToken,
  createOrganization,
  createUser,
  type Identity,
  type IdentityTables,
  OAUTH_SCOPES,
  type UserActor,
} from '../identity/index.ts';
import { parseRepositoryName } from '../kernel/reference.ts';
import type { Database } from '../platform/db/index.ts';
import { webApiOperations } from './create-web-api.ts';
import { jsonSchema } from './frame/describe-schema.ts';
import { BODY_MAX, DEPTH_MAX } from './frame/read-request.ts';
import type { Operation } from './frame/operation.ts';
import { createWebApi } from './index.ts';

const SYSTEM = { kind: 'system', name: undefined } as const;
const SCRIPT = '<script>alert(1)</script>';

const FIXTURES: Readonly<Record<string, string>> = {
  repository: 'acme/app',
  orgname: 'acme',
  namespace: 'acme',
  teamname: 'owners',
  username: 'eve',
  robot_shortname: 'ci',
};

/** What stands in an address in place of a name: percent-encoded, as an attacker sends it. */
const CROOKED_NAMES = [
  '..',
  '%2e%2e',
  '..%2f..%2fadmin',
  '%2F',
  'a%00b',
  'a%0d%0aX-Evil:%201',
  '%ff',
  'x'.repeat(300),
  '__proto__',
  encodeURIComponent(SCRIPT),
  encodeURIComponent("' OR 1=1 --"),
  // Cyrillic a, full-width letters, a ligature, a right-to-left mark, a combining accent, capitals.
  ...['\u0430cme', '\uff41\uff43\uff4d\uff45', '\ufb01rst', 'ac\u200fme', 'acme\u0301', 'ACME'].map(encodeURIComponent),
];

/** Some attacks are made on every operation, which takes its time on a busy machine. */
const PATIENCE_MS = 120_000;

/** Parameters of paths that are no names of anything: what begins with them is looked for. */
const SEARCHED: ReadonlySet<string> = new Set(['prefix']);

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

describe('what a body may assign', () => {
  it('is nothing but what its schema names, at any depth', async () => {
    const { db, drop } = await createTestDatabase('sqlite');
    const operations = webApiOperations(webApiPorts(db, createTestIdentity(db)));
    await drop();
    const bodies = operations.flatMap(({ id, body }) => (body === undefined ? [] : [{ id, body }]));
    expect(bodies.length).toBeGreaterThan(5);
    const open = bodies.flatMap(({ id, body }) => openObjects(jsonSchema(body, 'draft-2020-12', 'output'), id));
    expect(open).toEqual([]);
  });
});

/** Where a checked value may still have members that nobody named. */
function openObjects(schema: unknown, path: string): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const found = Object.entries(schema).flatMap(([key, value]) => openObjects(value, `${path}.${key}`));
  const named = 'properties' in schema && typeof schema.properties === 'object';
  const closed = 'additionalProperties' in schema && schema.additionalProperties === false;
  return named && 'type' in schema && schema.type === 'object' && !closed ? [...found, path] : found;
}

describeOnBothDatabases('attacks on the API', (context) => {
  let server: TestServer;
  let identity: Identity;
  let operations: readonly Operation[];
  let owner: Credentials;
  let session: Credentials;
  let foreign: Credentials;
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });

  beforeAll(async () => {
    const { db } = context();
    identity = createTestIdentity(db);
    const ports = webApiPorts(db, identity);
    operations = webApiOperations(ports);
    const mount = ADDRESS_SPACE.find(({ prefix }) => prefix === '/api/v1');
    const handler = createWebApi(ports);
    server = await startHttp({ mounts: [{ errors: 'quay', ...mount, prefix: '/api/v1', handler }] });
    ({ owner, session, foreign } = await makeWorld(db, identity));
    return async () => {
      agent.destroy();
      await server.close();
    };
  });

  /** `path` goes out as it is. */
  const call = (method: string, path: string, headers: Record<string, string>, body?: string | Buffer) =>
    new Promise<Answer>((resolve, reject) => {
      const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
      const options = { host: '127.0.0.1', port: server.port, method, path, headers: { ...headers, ...length }, agent };
      const sent = request(options, (received) => {
        let text = '';
        received.setEncoding('utf8').on('data', (part: string) => (text += part));
        received.on('end', () => resolve({ status: received.statusCode ?? 0, headers: received.headers, body: text }));
      });
      sent.on('error', reject).end(body);
    });

  const addressOf = ({ path }: Operation, values: Readonly<Record<string, string>> = {}): string =>
    `/api/v1${path.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? FIXTURES[name] ?? 'none-such')}`;

  /** Calls an operation about something of the name `raced`, where its path has one. */
  const callAs = (id: string, credentials: Credentials, body: unknown): Promise<Answer> => {
    const operation = operations.find((one) => one.id === id);
    if (operation === undefined) throw new Error(`there is no ${id}`);
    const headers = { ...credentials, 'Content-Type': 'application/json' };
    return call(operation.method, addressOf(operation, { robot_shortname: 'raced' }), headers, JSON.stringify(body));
  };

  const changing = () => operations.filter(({ method, flags }) => method !== 'GET' && flags?.withoutSession !== true);

  it(
    'no change by a cookie goes without the proof of its own session, whatever it is called',
    { timeout: PATIENCE_MS },
    async () => {
      const proofs: readonly (readonly [string, Credentials])[] = [
        ['none', {}],
        ['wrong', { 'X-CSRF-Token': 'x'.repeat(43) }],
        ['empty', { 'X-CSRF-Token': '' }],
        ['of another session', { 'X-CSRF-Token': foreign['X-CSRF-Token'] ?? '' }],
      ];
      const types = [
        'application/json',
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
        '',
      ];
      const let_in: string[] = [];
      for (const operation of changing()) {
        const tries = proofs.flatMap(([what, proof]) => types.map((type) => ({ what, proof, type })));
        const answers = await Promise.all(
          tries.map(({ proof, type }) => {
            const headers = { ...onlyCookie(session), ...proof, ...(type === '' ? {} : { 'Content-Type': type }) };
            return call(operation.method, addressOf(operation), headers, '{}');
          }),
        );
        for (const [index, { status, body }] of answers.entries()) {
          const { what, type } = tries[index] ?? {};
          if (status !== 403 || !body.includes('CSRF'))
            let_in.push(`${operation.id}, proof ${what}, as ${type}: ${status}`);
        }
      }
      expect(let_in).toEqual([]);
    },
  );

  it('no body does more than fail, however large, deep or crooked', { timeout: PATIENCE_MS }, async () => {
    const json = { ...owner, 'Content-Type': 'application/json' };
    const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
    const bodies = {
      empty: '',
      'no JSON': '{"name":',
      'deeper than allowed': nested(DEPTH_MAX + 1),
      'very deep': nested(100_000),
      'very deep lists': '['.repeat(500_000),
      'a list of lists': '[[]]',
      'a number': '1e999',
      nothing: 'null',
      text: JSON.stringify(SCRIPT),
      'bytes that are no text': Buffer.from([0x7b, 0xff, 0xfe, 0x7d]),
      'members of objects': '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
      'a name twice': '{"name":"x","name":{"y":1}}',
      'a NUL': '{"name":"a\\u0000b","description":"\\u0000","username":"\\u0000","role":"\\u0000"}',
      'half a character': '{"name":"\\ud800","description":"\\udfff","username":"\\ud800"}',
      'too large': `{"a":"${'x'.repeat(BODY_MAX)}"}`,
    };
    const wrong: string[] = [];
    for (const operation of operations.filter(({ body, id }) => body !== undefined && id !== 'signinUser')) {
      for (const [what, body] of Object.entries(bodies)) {
        // Nobody and nothing that there is, so that whatever is carried out changes nothing.
        const missing = Object.fromEntries(Object.keys(FIXTURES).map((name) => [name, 'none-such']));
        const target = operation.path.includes('{orgname}') || operation.path.includes('{repository}') ? {} : missing;
        const { status } = await call(operation.method, addressOf(operation, target), json, body);
        if (status >= 500) wrong.push(`${operation.id} with ${what}: ${status}`);
        const faulty = !['empty', 'members of objects', 'a name twice', 'a NUL', 'half a character'].includes(what);
        if (faulty && (status < 400 || status >= 500)) wrong.push(`${operation.id} took ${what}: ${status}`);
      }
    }
    expect(wrong).toEqual([]);
    expect({}).not.toHaveProperty('polluted');
  });

  it('no crooked name reaches anything, or anything but the name', { timeout: PATIENCE_MS }, async () => {
    const { db } = context();
    const before = await namespaces(db);
    const wrong: string[] = [];
    for (const operation of operations) {
      for (const [, name = ''] of operation.path.matchAll(/\{(\w+)\}/g)) {
        const tries = CROOKED_NAMES.map((crooked) => (name === 'repository' ? `acme/${crooked}` : crooked));
        const answers = await Promise.all(
          tries.map((value) => call(operation.method, addressOf(operation, { [name]: value }), owner)),
        );
        for (const [index, { status, headers }] of answers.entries()) {
          const said = `${operation.id} with ${name} ${tries[index]}: ${status}`;
          if (status >= 500 || headers['x-evil'] !== undefined) wrong.push(said);
          // Nothing of these names exists, and nothing may come to exist.
          if (status < 300 && operation.method !== 'DELETE' && !SEARCHED.has(name)) wrong.push(said);
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(await namespaces(db)).toEqual(before);
  });

  it('no header is taken for more than a text', async () => {
    const answers = await Promise.all([
      call('GET', '/api/v1/user/', { ...owner, Origin: 'https://evil.example.org' }),
      call('GET', '/api/v1/discovery', { Host: 'evil.example.org"><script>' }),
      call('GET', '/api/v1/user/', { Cookie: `_csrf_token=${'x'.repeat(5000)}; `.repeat(2) }),
      call('GET', '/api/v1/user/', { Authorization: `Bearer ${'x'.repeat(5000)}` }),
      call('GET', '/api/v1/user/', { Authorization: 'Bearer \u00ff\u00fe' }),
    ]);
    expect(answers.every(({ status }) => status < 500)).toBe(true);
    for (const { headers } of answers) expect(headers['content-type']).toBe('application/json');
  });

  it(
    'no answer to reading can be taken for a page, whatever people have written',
    { timeout: PATIENCE_MS },
    async () => {
      const json = { ...owner, 'Content-Type': 'application/json' };
      const written = [
        await call('PUT', '/api/v1/organization/acme/robots/scripted', json, JSON.stringify({ description: SCRIPT })),
        await call('PUT', '/api/v1/repository/acme/app', json, JSON.stringify({ description: SCRIPT })),
        await call(
          'PUT',
          '/api/v1/organization/acme/team/scripted',
          json,
          JSON.stringify({ role: 'member', description: SCRIPT }),
        ),
      ];
      expect(written.map(({ status }) => status)).toEqual([expect.any(Number), 200, 200]);
      const wrong: string[] = [];
      let shown = 0;
      for (const operation of operations.filter(({ method }) => method === 'GET')) {
        const { status, headers, body } = await call('GET', addressOf(operation), owner);
        if (body.includes('<script>')) shown += 1;
        const safe =
          headers['x-content-type-options'] === 'nosniff' &&
          headers['content-security-policy']?.includes("default-src 'none'") === true &&
          (body === '' || headers['content-type'] === 'application/json');
        if (!safe || status >= 500) wrong.push(`${operation.id}: ${status} ${headers['content-type']}`);
        const promised = status !== 200 || (operation.answer?.safeParse(JSON.parse(body)).success ?? true);
        if (!promised) wrong.push(`${operation.id} does not answer as described`);
      }
      expect(wrong).toEqual([]);
      expect(shown).toBeGreaterThan(1);
    },
  );

  it.each([
    ['createOrganization', 'name', { email: 'looks@example.org' }],
    ['createRepo', 'repository', { visibility: 'private', description: '' }],
    ['createNewUser', 'username', { password: 'password-of-it', email: 'looks@example.org' }],
  ])('%s takes no name that looks like another', async (id, key, body) => {
    const { db } = context();
    const before = await namespaces(db);
    for (const crooked of CROOKED_NAMES) {
      const name = crooked === '%ff' ? '\u00ff' : decodeURIComponent(crooked);
      const { status } = await callAs(id, owner, { ...body, [key]: name });
      expect(status, `${id} of "${name}"`).toBe(400);
    }
    expect(await namespaces(db)).toEqual(before);
  });

  it.each([
    ['createNewUser', { username: 'raced-user', password: 'password-of-raced', email: 'raced-user@example.org' }],
    ['createOrganization', { name: 'raced-org', email: 'raced@example.org' }],
    ['createRepo', { repository: 'raced', visibility: 'private', description: '', repo_kind: 'image' }],
    ['createUserRobot', {}],
    ['createOrgRobot', {}],
  ])('%s for one name four times at once has one that wins, and three that are told', async (id, body) => {
    const send = () => callAs(id, id === 'createNewUser' ? foreign : owner, body);
    const statuses = (await Promise.all([send(), send(), send(), send()])).map(({ status }) => status);
    const [won, ...lost] = statuses.toSorted((a, b) => a - b);
    expect([won === 200 || won === 201, ...lost], String(statuses)).toEqual([true, 400, 400, 400]);
  });
});

async function namespaces(db: Database): Promise<readonly string[]> {
  const rows = await db.read<IdentityTables>().selectFrom('namespace').select('name').orderBy('name').execute();
  return rows.map(({ name }) => name);
}

async function makeWorld(db: Database, identity: Identity) {
  const make = async (name: string): Promise<UserActor> => {
    const user = { name, password: 'a-password', superuser: false };
    const { userId } = await createUser({ db, passwords: cheapPasswords }, user, SYSTEM);
    return { kind: 'user', userId, name, passwordVersion: 1, scopes: undefined };
  };
  const [user, eve] = [await make('owner'), await make('eve')];
  const { token } = await db.transaction(async (tx) => {
    const { organizationId } = await createOrganization(tx, 'acme', user, SYSTEM);
    await identity.robots.create(tx, { owner: { id: organizationId, name: 'acme' }, shortName: 'ci' }, SYSTEM);
    return createAccessToken(tx, { userId: user.userId, scopes: OAUTH_SCOPES });
  });
  const name = parseRepositoryName('acme/app');
  if (name === undefined) throw new Error('not a name');
  await db.transaction((tx) => ensureRepository(tx, POLICY, user, name));
  return {
    owner: byToken(token),
    session: await bySession(db, identity, user),
    foreign: await bySession(db, identity, eve),
  };
}
