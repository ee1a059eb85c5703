import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { VERSION } from '../../../src/kernel/version.ts';
import { digestOf, makeImage, RegistryClient } from '../../support/clients.ts';
import { available, hasProgram } from '../../support/components.ts';
import { buildImage } from './build-image.ts';
import type { ContainerEngine } from './container-engine.ts';
import { ADA, containerNamed, createAda, type RegistryContainer } from './registry-container.ts';
import { type DatabaseServer, hasPostgres, startPostgres } from './start-postgres.ts';

const FILE = join(import.meta.dirname, '../../../deploy/compose.quay-drop-in.yaml');
const SETTINGS = join(import.meta.dirname, '../../fixtures/config/home-server.yaml');
const PROJECT = 'shape';
const canCompose = [available('podman-compose', hasProgram('podman-compose')), available('postgres', hasPostgres())];

/**
 * deploy/compose.quay-drop-in.yaml as it is, with the config.yaml of an installation of Quay: two networks from outside, four
 * volumes, PostgreSQL elsewhere, server and mirror side by side.
 */
export function describeComposeShape(engine: () => ContainerEngine, image: string): void {
  describe.skipIf(!canCompose.every(Boolean))("Quay's shape of a compose file", () => {
    const upgraded = 'localhost/gantry-test/gantry:2';
    const pushed = makeImage();
    let postgres: DatabaseServer;

    const compose = (which: string, ...args: string[]): Promise<string> =>
      engine().must('env', [`GANTRY_IMAGE=${which}`, 'podman-compose', '-p', PROJECT, '-f', FILE, ...args]);

    /** The service's container, reached through the network that the proxy is on. */
    async function service(name: 'app' | 'mirror', network: string): Promise<RegistryContainer> {
      const container = `${PROJECT}_${name}_1`;
      const format = `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`;
      const address = await engine().must('podman', ['inspect', '--format', format, container]);
      return containerNamed(engine(), container, `${address}:8080`);
    }
    const app = () => service('app', 'proxy_net');
    const mirror = () => service('mirror', 'db_net');

    async function bothRun(version: string): Promise<void> {
      for (const container of [await app(), await mirror()]) {
        await container.untilHealth();
        await engine().must('podman', ['healthcheck', 'run', container.name]);
        const format =
          '{{.State.Status}} {{.RestartCount}} {{index .Config.Labels "org.opencontainers.image.version"}}';
        expect(await engine().must('podman', ['inspect', '--format', format, container.name])).toBe(
          `running 0 ${version}`,
        );
      }
    }

    /** Resolves with the digest of what is pulled, all of it. */
    async function pull(): Promise<string | undefined> {
      const client = new RegistryClient(`http://${(await app()).host}`, ADA);
      for (const blob of pushed.blobs) {
        const answer = await client.blob('ada/app', digestOf(blob));
        expect([answer.status, digestOf(answer.body)]).toEqual([200, digestOf(blob)]);
      }
      const { body } = await client.manifest('ada/app', '1');
      client.close();
      return digestOf(body);
    }

    beforeAll(async () => {
      for (const network of ['db_net', 'proxy_net']) await engine().must('podman', ['network', 'create', network]);
      const format = '{{range .Subnets}}{{.Gateway}}{{end}}';
      const gateway = await engine().must('podman', ['network', 'inspect', '--format', format, 'db_net']);
      // The bridge, and with it the address, is there as long as a container is.
      const keeper = ['run', '--detach', '--name', 'keeper', '--network', 'db_net', image, '/bin/sleep', 'infinity'];
      await engine().must('podman', keeper);
      postgres = await startPostgres(gateway);
      const config = join(engine().directory, 'quay-config.yaml');
      // As it is, but for the database; and Gantry has to be told to start without single sign-on.
      const settings = parse(readFileSync(SETTINGS, 'utf8')) as Record<string, unknown>;
      const changed = { DB_URI: postgres.uri, START_WITHOUT: ['KEYCLOAK_LOGIN_CONFIG'] };
      writeFileSync(config, stringify({ ...settings, ...changed }));
      await compose(image, 'up', '--no-start');
      await engine().must('podman', ['cp', config, `${PROJECT}_app_1:/conf/stack/config.yaml`]);
      await compose(image, 'up', '--detach');
    }, 120_000);
    afterAll(async () => {
      await engine().run('podman', ['rm', '--all', '--force', '--time', '0']);
      postgres?.stop();
    });

    it('comes up with the config.yaml of Quay, server and mirror together', async () => {
      await bothRun(VERSION);
      await createAda(await app());
      const client = new RegistryClient(`http://${(await app()).host}`, ADA);
      await client.pushImage('ada/app', '1', pushed);
      client.close();
      expect(await pull()).toBe(pushed.digest);
      expect(await (await app()).exec(['ls', '/datastorage/registry/sha256'])).not.toBe('');
    });

    it('keeps everything over a restart of both', async () => {
      await compose(image, 'restart');
      await bothRun(VERSION);
      expect(await pull()).toBe(pushed.digest);
    });

    it('is upgraded by another image on the same volumes', async () => {
      await buildImage(engine(), upgraded, { VERSION: '99.0.0' });
      await compose(image, 'down');
      await compose(upgraded, 'up', '--detach');
      await bothRun('99.0.0');
      expect(await pull()).toBe(pushed.digest);
      const volumes = (await engine().must('podman', ['volume', 'ls', '--quiet'])).split('\n');
      expect(volumes).toEqual(
        expect.arrayContaining(['app_storage', 'app_config', 'app_log', 'app_tmp'].map((name) => `${PROJECT}_${name}`)),
      );
    });
  });
}
