import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { createPostgresTestUri } from '../../support/databases.ts';
import type { ContainerEngine } from './container-engine.ts';
import { createAda, type RegistryContainer, runOnce, startContainer, tinyImage } from './registry-container.ts';

const MIB = 2 ** 20;

export function describeMirrorRole(engine: () => ContainerEngine, image: string): void {
  const started: RegistryContainer[] = [];
  const start = async (
    ...args: Parameters<typeof startContainer> extends [unknown, unknown, ...infer R] ? R : never
  ) => {
    const container = await startContainer(engine(), image, ...args);
    started.push(container);
    return container;
  };

  describe('the mirror role', () => {
    afterEach(async () => {
      for (const container of started.splice(0)) await container.remove();
      await engine().must('podman', ['volume', 'prune', '--force']);
    });
    const volumes = ['-v', 'data:/datastorage', '-v', 'config:/conf/stack', '-v', 'log:/var/log', '-v', 'tmp:/tmp'];

    it('stands beside a server on the embedded database, which goes on serving and keeps its lock', async () => {
      const mirror = await start(volumes, ['repomirror']);
      await mirror.untilHealth();
      const app = await start(volumes);
      await app.untilHealth();
      await createAda(app);
      const tiny = tinyImage(engine().directory);
      await tiny.push(app);
      for (const container of [app, mirror]) await engine().must('podman', ['healthcheck', 'run', container.name]);
      const second = await runOnce(engine(), image, [], [...volumes, '-e', 'GANTRY_PORT=0']);
      expect([second.status, second.err]).toEqual([1, expect.stringContaining('in use by another server')]);

      expect((await residentBytes(mirror)) / MIB).toBeLessThan(100);
      expect(await mirror.stop()).toBe(0);
      expect(await tiny.isThere(app)).toBe(true);
      expect(await app.stop()).toBe(0);
    });

    /** Of the program below the first process. */
    async function residentBytes({ name }: RegistryContainer): Promise<number> {
      const first = await engine().must('podman', ['inspect', '--format', '{{.State.Pid}}', name]);
      const program = readFileSync(`/proc/${first}/task/${first}/children`, 'utf8').trim();
      return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${program}/status`, 'utf8'))?.[1]) * 1024;
    }

    it('goes on without a port of its own where the server has it', async () => {
      const app = await start(volumes);
      await app.untilHealth();
      const mirror = await start(volumes, ['repomirror-nomigrate'], app.port);
      await expect.poll(() => mirror.log(), { timeout: 20_000 }).toContain('this process idles');
      expect(await mirror.log()).toContain('without a /health of its own');
      expect(await mirror.stop()).toBe(0);
    });

    const postgres = inject('postgres');
    it.skipIf('missing' in postgres)(
      'waits for a server to make the PostgreSQL database ready, and touches nothing',
      async () => {
        const database = await createPostgresTestUri();
        try {
          const options = ['-e', `GANTRY_CONFIG_DB_URI=${database.uri}`, ...volumes];
          const mirror = await start(options, ['repomirror']);
          await mirror.untilHealth(503);
          const app = await start(options);
          await app.untilHealth();
          await mirror.untilHealth();
          expect(await mirror.log()).toContain('Waiting for the server');
          expect(await mirror.stop()).toBe(0);
          expect(await app.stop()).toBe(0);
        } finally {
          await database.drop();
        }
      },
    );
  });
}
