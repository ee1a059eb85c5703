import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { available, hasProgram } from '../../support/components.ts';
import { startServer, type TestServer } from '../../support/server.ts';

const PASSWORD = 'correct-horse-battery';
const DAEMON = 'dockerd';

interface Login {
  readonly user: string;
  readonly secret: string;
}

/** How a client ended, and what a person sees. */
interface Outcome {
  readonly ok: boolean;
  readonly text: string;
}

type Client = (login: Login) => Promise<Outcome>;

/** A call of the API with a token of all scopes. */
type Api = (method: string, path: string, body?: unknown) => Promise<Record<string, unknown>>;

function run(program: string, args: readonly string[], input: string, env: NodeJS.ProcessEnv): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(
      program,
      args,
      { env: { ...process.env, ...env }, timeout: 60_000 },
      (error, stdout, stderr) => resolve({ ok: error === null, text: `${stdout}${stderr}`.trim() }),
    );
    child.stdin?.end(input);
  });
}

/** A Docker daemon of its own; `stop` ends it. */
async function startDocker(work: string): Promise<{ readonly host: string; stop(): Promise<void> } | undefined> {
  const host = `unix://${work}/docker.sock`;
  const places = ['--data-root', join(work, 'data'), '--exec-root', join(work, 'exec'), '--pidfile', join(work, 'pid')];
  const plain = ['--iptables=false', '--bridge=none', '--storage-driver=vfs'];
  const daemon = spawn(DAEMON, [...places, ...plain, '-H', host], { stdio: 'ignore' });
  const stop = async (): Promise<void> => {
    if (daemon.exitCode === null && daemon.signalCode === null) {
      daemon.kill('SIGTERM');
      await once(daemon, 'exit');
    }
  };
  for (let attempt = 0; attempt < 60 && daemon.exitCode === null; attempt++) {
    if ((await run('docker', ['version'], '', { DOCKER_HOST: host })).ok) return { host, stop };
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  await stop();
  return undefined;
}

/** The first user, with what every kind of signing in needs. */
async function prepare(
  server: TestServer,
): Promise<{ readonly logins: Readonly<Record<string, Login>>; readonly api: Api }> {
  const send = async (path: string, init: RequestInit): Promise<Record<string, unknown>> => {
    const answer = await fetch(`http://127.0.0.1:${server.port}/api/v1${path}`, init);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
    return (text.startsWith('{') ? JSON.parse(text) : {}) as Record<string, unknown>;
  };
  const json = { 'Content-Type': 'application/json' };
  const first = await send('/user/initialize', {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ username: 'owner', password: PASSWORD, email: 'owner@example.test', access_token: true }),
  });
  const headers = { ...json, Authorization: `Bearer ${String(first['access_token'])}` };
  const api: Api = (method, path, body) =>
    send(path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  await api('POST', '/organization/', { name: 'acme', email: 'acme@example.test' });
  const application = await api('POST', '/organization/acme/applications', { name: 'ci' });
  const list = `/organization/acme/applications/${String(application['client_id'])}/tokens`;
  const token = await api('POST', list, { name: 'login', scope: 'repo:read' });
  const app = (await api('POST', '/user/apptoken', { title: 'laptop' }))['token'] as Record<string, unknown>;
  const robot = await api('PUT', '/organization/acme/robots/deploy', {});
  const logins = {
    'user name and password': { user: 'owner', secret: PASSWORD },
    'e-mail address and password': { user: 'owner@example.test', secret: PASSWORD },
    'encrypted password': { user: 'owner', secret: String(first['encrypted_password']) },
    'access token': { user: '$oauthtoken', secret: String(token['token']) },
    'app token': { user: '$app', secret: String(app['token_code']) },
    robot: { user: 'acme+deploy', secret: String(robot['token']) },
  };
  return { logins, api };
}

const WRONG: Readonly<Record<string, string>> = {
  owner: 'The user name, password or token is wrong',
  'nobody-at-all': 'The user name, password or token is wrong',
  $oauthtoken: 'The access token is wrong, has expired or was withdrawn; use another one',
  $app: 'The app token is wrong, has expired or was revoked; make a new one in your account settings',
  $token: 'The token is wrong or has expired',
  'acme+deploy': 'The name of the robot or its token is wrong; its owner can show the token or make a new one',
  'acme+none': 'The name of the robot or its token is wrong; its owner can show the token or make a new one',
};

const PLAIN_REFUSED =
  'This registry takes no plain passwords from clients; sign in with an encrypted password or a token from your account settings, or as a robot';

const programs = ['skopeo', 'podman', 'docker', DAEMON].map((name) => available(name, hasProgram(name)));

describe.skipIf(programs.includes(false))('signing in with docker, podman and skopeo (needs root)', () => {
  const withClients = async (
    config: Readonly<Record<string, unknown>>,
    use: (clients: Readonly<Record<string, Client>>, server: TestServer) => Promise<void>,
  ): Promise<void> => {
    const work = mkdtempSync(join(tmpdir(), 'gantry-login-'));
    mkdirSync(join(work, 'docker'));
    const server = await startServer({ config });
    const daemon = await startDocker(work);
    const registry = server.host;
    const client =
      (program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Client =>
      ({ user, secret }) =>
        run(program, ['login', ...args, '-u', user, '--password-stdin', registry], secret, env);
    const trust = ['--tls-verify=false', '--authfile', join(work, 'auth.json')];
    try {
      if (daemon === undefined) throw new Error('the Docker daemon did not start');
      const docker = client('docker', [], { DOCKER_HOST: daemon.host, DOCKER_CONFIG: join(work, 'docker') });
      await use({ docker, podman: client('podman', trust), skopeo: client('skopeo', trust) }, server);
      expect(server.defects()).toEqual([]);
    } finally {
      await daemon?.stop();
      await server.dispose();
      rmSync(work, { recursive: true, force: true });
    }
  };

  test('works with each kind of credentials, and says what to do about wrong ones', { timeout: 300_000 }, async () => {
    await withClients({}, async (clients, server) => {
      const { logins } = await prepare(server);
      for (const [program, signIn] of Object.entries(clients)) {
        for (const [kind, login] of Object.entries(logins)) {
          const { ok, text } = await signIn(login);
          expect({ program, kind, ok, text }).toEqual({
            program,
            kind,
            ok: true,
            text: expect.stringMatching(/Login Succeeded/),
          });
        }
      }
      for (const [user, message] of Object.entries(WRONG)) {
        const { ok, text } = await clients['docker']!({ user, secret: 'not-this-one' });
        expect({ user, ok, text }).toEqual({
          user,
          ok: false,
          text: expect.stringContaining(`unauthorized: ${message}`),
        });
      }
      for (const program of ['podman', 'skopeo']) {
        const { ok, text } = await clients[program]!({ user: '$app', secret: 'not-this-one' });
        expect({ program, ok, text }).toEqual({
          program,
          ok: false,
          text: expect.stringContaining('invalid username/password'),
        });
      }
    });
  });

  test(
    'takes no plain password where FEATURE_REQUIRE_ENCRYPTED_BASIC_AUTH is on, and everything else',
    { timeout: 300_000 },
    async () => {
      await withClients({ FEATURE_REQUIRE_ENCRYPTED_BASIC_AUTH: true }, async (clients, server) => {
        const { logins } = await prepare(server);
        for (const [kind, login] of Object.entries(logins)) {
          const isPlain = login.secret === PASSWORD;
          for (const [program, signIn] of Object.entries(clients)) {
            const { ok, text } = await signIn(login);
            expect({ program, kind, ok, text }).toMatchObject({ program, kind, ok: !isPlain });
            if (isPlain && program === 'docker') expect(text).toContain(`unauthorized: ${PLAIN_REFUSED}`);
          }
        }
        // Right or wrong, it is not looked at.
        const wrong = await clients['docker']!({ user: 'owner', secret: 'not-this-one' });
        expect(wrong.text).toContain(`unauthorized: ${PLAIN_REFUSED}`);
      });
    },
  );
});
