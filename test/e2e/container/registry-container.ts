import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, type Credentials } from '../../support/clients.ts';
import { get } from '../../support/get.ts';
import { freePort } from '../../support/server.ts';
import { skopeo, storedBytes } from '../clients/skopeo.ts';
import { OciLayout } from '../corpus/oci-layout.ts';
import type { ContainerEngine, Outcome } from './container-engine.ts';

const READY_WITHIN_MS = 60_000;
const REMOVE_ATTEMPTS = 40;

export const ADA: Credentials = { username: 'ada', password: 'correct-horse-battery' };

/** A container of the image on the network of the host, on a port of its own. */
export interface RegistryContainer {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** Resolves when `/health/instance` answers with the status, by default 200. */
  untilHealth(status?: number): Promise<void>;
  exec(args: readonly string[], input?: string): Promise<string>;
  /** Everything the container has printed. */
  log(): Promise<string>;
  /** Sends SIGTERM, SIGKILL after 25 s, and resolves with the exit status: 137 when it took the second. */
  stop(): Promise<number>;
  remove(): Promise<void>;
}

let count = 0;

/** Starts a container: `podman run` with these options before the image and this command behind it. */
export async function startContainer(
  engine: ContainerEngine,
  image: string,
  options: readonly string[] = [],
  command: readonly string[] = [],
  port?: number,
): Promise<RegistryContainer> {
  const own = port ?? (await freePort());
  const name = `registry-${++count}`;
  const place = ['--name', name, '--network', 'host', '-e', `GANTRY_PORT=${own}`];
  await engine.must('podman', ['run', '--detach', ...place, ...options, image, ...command]);
  return containerNamed(engine, name, `127.0.0.1:${own}`);
}

/** A container that something else has started. */
export function containerNamed(engine: ContainerEngine, name: string, host: string): RegistryContainer {
  const log = async (): Promise<string> => {
    const { out, err } = await engine.run('podman', ['logs', name]);
    return out + err;
  };
  return {
    name,
    host,
    port: Number(host.split(':')[1]),
    log,
    async untilHealth(status = 200) {
      const deadline = performance.now() + READY_WITHIN_MS;
      for (let last: unknown; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
        const answer = await get(`http://${host}/health/instance`).catch((error: unknown) => void (last = error));
        if (answer?.status === status) return;
        if (answer !== undefined) last = `${answer.status} ${answer.body}`;
        if (performance.now() > deadline) throw new Error(`${name} is not ${status}: ${String(last)}\n${await log()}`);
      }
    },
    exec: (args, input) => engine.must('podman', ['exec', '--interactive', name, ...args], input),
    async stop() {
      await engine.must('podman', ['stop', '--time', '25', name]);
      return Number(await engine.must('podman', ['inspect', '--format', '{{.State.ExitCode}}', name]));
    },
    async remove() {
      for (let attempt = 1; ; attempt++) {
        const { status, err } = await engine.run('podman', ['rm', '--force', '--ignore', '--time', '0', name]);
        if (status === 0) return;
        // The engine's own cleaner, which it starts when a container ends, may be at the mounts still.
        if (!err.includes('busy') || attempt === REMOVE_ATTEMPTS) throw new Error(`${name} cannot be removed:\n${err}`);
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
    },
  };
}

/** Runs a command in a fresh container of the image to its end. */
export async function runOnce(
  engine: ContainerEngine,
  image: string,
  command: readonly string[],
  options: readonly string[] = [],
): Promise<Outcome> {
  return engine.run('podman', ['run', '--rm', '--network', 'host', ...options, image, ...command]);
}

/** Creates {@link ADA} as the manual says. */
export function createAda(container: RegistryContainer): Promise<string> {
  return container.exec(['gantry', 'user', 'create', ADA.username], `${ADA.password}\n`);
}

/** A tiny image, pushed and pulled by skopeo, which signs in with name and password as `docker login` does. */
export function tinyImage(directory: string) {
  const layout = new OciLayout(directory, 'tiny');
  const { digest } = layout.image([{ tar: Buffer.alloc(10_240) }]);
  const manifest = storedBytes(join(directory, 'tiny'), digest) ?? Buffer.alloc(0);
  layout.tag({ mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, size: manifest.length }, '1');
  const client = skopeo(directory, ADA);
  return {
    push: (container: RegistryContainer) =>
      client.push(`oci:${join(directory, 'tiny')}:1`, `${container.host}/ada/tiny:1`),
    /** Resolves with whether what is pulled is what was pushed. */
    async isThere(container: RegistryContainer): Promise<boolean> {
      const target = join(directory, `pulled-${++count}`);
      await client.pull(`${container.host}/ada/tiny:1`, `dir:${target}`);
      return digestOf(readFileSync(join(target, 'manifest.json'))) === digest;
    },
  };
}
