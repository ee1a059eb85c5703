import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { VERSION } from '../../../src/kernel/version.ts';
import type { ContainerEngine } from './container-engine.ts';
import { createAda, type RegistryContainer, runOnce, startContainer, tinyImage } from './registry-container.ts';

interface ImageFacts {
  readonly Size: number;
  readonly Config: {
    readonly User: string;
    readonly Entrypoint: readonly string[];
    readonly Cmd: readonly string[];
    readonly Env: readonly string[];
    readonly Labels: Readonly<Record<string, string>>;
    readonly ExposedPorts: Readonly<Record<string, object>>;
    readonly Volumes: Readonly<Record<string, object>>;
  };
  readonly Healthcheck?: { readonly Test: readonly string[] };
}

const MIB = 2 ** 20;

export function describeImage(engine: () => ContainerEngine, image: string): void {
  describe('what it is', () => {
    let facts: ImageFacts;
    beforeAll(async () => {
      const [first] = JSON.parse(await engine().must('podman', ['image', 'inspect', image])) as [ImageFacts];
      facts = first;
    });

    it('has the user, ports and volumes of the image it takes the place of', () => {
      expect(facts.Config.User).toBe('1001:0');
      expect(Object.keys(facts.Config.ExposedPorts)).toEqual(
        expect.arrayContaining(['8080/tcp', '8443/tcp', '9091/tcp']),
      );
      expect(Object.keys(facts.Config.Volumes).toSorted()).toEqual(['/conf/stack', '/datastorage', '/tmp', '/var/log']);
      expect(facts.Config.Cmd).toEqual(['registry']);
    });

    it('says what it is, and how its health is asked for', () => {
      expect(facts.Config.Labels).toMatchObject({
        'org.opencontainers.image.title': 'Gantry',
        'org.opencontainers.image.licenses': 'Apache-2.0',
        'org.opencontainers.image.version': VERSION,
      });
      expect(facts.Healthcheck?.Test).toEqual(['CMD', 'gantry', 'health']);
    });

    it('holds the program and nothing of its making, and no secret', async () => {
      const listing = await runOnce(engine(), image, [
        'find',
        '/opt/gantry',
        '-maxdepth',
        '2',
        '-not',
        '-name',
        '*.js*',
      ]);
      expect(listing.out.trim().split('\n').toSorted()).toEqual(
        [
          '',
          '/LICENSE',
          '/bin',
          '/bin/container-entrypoint',
          '/bin/gantry',
          '/dist',
          '/dist/.compiled',
          '/dist/.stamp',
          '/dist/CHANGELOG.md',
          '/dist/web',
          '/node_modules',
          '/node_modules/@node-rs',
          `/node_modules/node-linux-${process.arch}`,
        ].map((path) => `/opt/gantry${path}`),
      );
      const writable = ['find', '/opt', '/usr', '/etc', '/bin/', '-perm', '/022', '-not', '-type', 'l', '-print'];
      expect((await runOnce(engine(), image, writable, ['--user', '0'])).out).toBe('');
      expect(facts.Config.Env.join('\n')).not.toMatch(/secret|password|token/i);
      // Debian, Node.js and the program; a forgotten build stage would be twice this.
      expect(facts.Size / MIB).toBeLessThan(350);
    });
  });

  describe('as a server', () => {
    let container: RegistryContainer | undefined;
    afterEach(async () => {
      await container?.remove();
      container = undefined;
      await engine().must('podman', ['volume', 'prune', '--force']);
    });

    /** A volume with a config.yaml that keeps blobs where Quay keeps them. */
    async function configVolume(name: string): Promise<void> {
      const file = join(engine().directory, 'config.yaml');
      const storage = { default: ['LocalStorage', { storage_path: '/datastorage/registry' }] };
      writeFileSync(file, stringify({ DISTRIBUTED_STORAGE_CONFIG: storage, REGISTRY_TITLE: 'A title' }));
      await engine().must('podman', ['create', '--name', 'filler', '-v', `${name}:/conf/stack`, image]);
      await engine().must('podman', ['cp', file, 'filler:/conf/stack/config.yaml']);
      await engine().must('podman', ['rm', 'filler']);
    }

    it.each([
      ['the user of the image', []],
      ['root', ['--user', '0']],
      [
        'nobody on the host, in the user namespace that engines without root make',
        ['--uidmap', '0:200000:65536', '--gidmap', '0:200000:65536'],
      ],
      [
        'any user of group 0, on a read-only root file system, without capabilities',
        ['--user', '123456:0', '--read-only', '--cap-drop', 'all', '--security-opt', 'no-new-privileges'],
      ],
    ])('serves as %s, and keeps what was pushed', async (_, options) => {
      await configVolume('config');
      const volumes = ['-v', 'data:/datastorage', '-v', 'config:/conf/stack'];
      container = await startContainer(engine(), image, [...options, ...volumes]);
      await container.untilHealth();
      await createAda(container);
      const tiny = tinyImage(engine().directory);
      await tiny.push(container);
      expect((await container.exec(['find', '/datastorage/registry/sha256', '-type', 'f'])).split('\n')).toHaveLength(
        2,
      );
      expect(await container.exec(['sh', '-c', 'touch /tmp/here /var/log/here && echo yes'])).toBe('yes');
      await engine().must('podman', ['healthcheck', 'run', container.name]);

      expect(await container.stop()).toBe(0);
      await container.remove();
      container = await startContainer(engine(), image, [...options, ...volumes]);
      await container.untilHealth();
      expect(await tiny.isThere(container)).toBe(true);
    });

    it('needs no settings, and finds them in the folder under its longer name too', async () => {
      container = await startContainer(engine(), image, []);
      await container.untilHealth();
      expect(await container.exec(['cat', '/proc/1/comm'])).toBe('tini');
      await container.remove();
      const file = join(engine().directory, 'broken.yaml');
      writeFileSync(file, 'REGISTRY_STATE: broken\n');
      const mounted = await runOnce(engine(), image, [], ['-v', `${file}:/quay-registry/conf/stack/config.yaml`]);
      expect(mounted.status).toBe(1);
      expect(mounted.err).toMatch(/\/conf\/stack\/config\.yaml.*REGISTRY_STATE/s);
    });

    it('does not start with defaults when it may not read the settings', async () => {
      const file = join(engine().directory, 'unreadable.yaml');
      writeFileSync(file, 'REGISTRY_TITLE: x\n', { mode: 0o600 });
      const mounted = await runOnce(engine(), image, [], ['-v', `${file}:/conf/stack/config.yaml`]);
      expect(mounted.status).toBe(1);
      expect(mounted.err).toContain('/conf/stack/config.yaml" cannot be read');
    });

    it('says which folder it may not write', async () => {
      const options = ['--read-only', '--tmpfs', '/datastorage:ro,mode=0555'];
      const { status, err } = await runOnce(engine(), image, [], options);
      expect(status).toBe(1);
      expect(err).toContain('The data directory "/datastorage" may not be written');
    });

    it('tells a health check when nothing answers', async () => {
      const { status, err } = await runOnce(engine(), image, ['health', '--port', '1']);
      expect([status, err]).toEqual([1, expect.stringContaining('Nothing on port 1 answers')]);
    });
  });

  describe('its other commands', () => {
    const volume = ['-v', 'roles:/datastorage'];
    afterAll(() => engine().must('podman', ['volume', 'rm', '--force', 'roles']));

    it('migrates, and serves without migrating only then', async () => {
      const refused = await runOnce(engine(), image, ['registry-nomigrate'], volume);
      expect([refused.status, refused.err]).toEqual([1, expect.stringContaining('gantry migrate')]);
      const revision = await runOnce(engine(), image, ['migrate', '3f8e3657bb67'], volume);
      expect([revision.status, revision.err]).toEqual([2, expect.stringContaining('no revisions to choose from')]);
      expect((await runOnce(engine(), image, ['migrate', 'head'], volume)).status).toBe(0);
      const container = await startContainer(engine(), image, volume, ['registry-nomigrate']);
      await container.untilHealth();
      expect(await container.stop()).toBe(0);
      await container.remove();
    });

    it('has no editor of settings, says where they are, and keeps the password to itself', async () => {
      const { status, out, err } = await runOnce(engine(), image, ['config', 'a-password']);
      expect(status).toBe(1);
      expect(err).toContain('/conf/stack/config.yaml');
      expect(err).toContain('gantry config check');
      expect(out + err).not.toContain('a-password');
    });

    it('runs gantry commands, other programs and a shell', async () => {
      expect((await runOnce(engine(), image, ['config', 'check'])).status).toBe(0);
      expect((await runOnce(engine(), image, ['version'])).out).toContain(`gantry ${VERSION} `);
      expect((await runOnce(engine(), image, ['/bin/echo', 'Welcome', 'to  the world'])).out).toBe(
        'Welcome to  the world\n',
      );
      expect((await runOnce(engine(), image, ['shell', '-c', 'id -u; exit 7'])).status).toBe(7);
      const help = await runOnce(engine(), image, ['help']);
      expect([help.status, help.out]).toEqual([0, expect.stringMatching(/registry-nomigrate.*user create/s)]);
      const unknown = await runOnce(engine(), image, ['nonesuch', 'x']);
      expect([unknown.status, unknown.err]).toEqual([2, expect.stringContaining('no command "nonesuch x"')]);
    });
  });
}
