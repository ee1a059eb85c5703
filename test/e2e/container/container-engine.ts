import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How a program ended and what it printed. */
export interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** podman, buildah and skopeo with a store and settings of their own: nothing of the machine's is read or changed. */
export interface ContainerEngine {
  readonly directory: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Runs the program to its end. */
  run(program: string, args: readonly string[], input?: string): Promise<Outcome>;
  /** The same, and rejects with what it printed unless it succeeds. Resolves with its output without white space around. */
  must(program: string, args: readonly string[], input?: string): Promise<string>;
  /** Ends every container and removes everything. */
  dispose(): Promise<void>;
}

const LONGEST_MS = 240_000;

export function prepareEngine(): ContainerEngine {
  const directory = mkdtempSync(join(tmpdir(), 'gantry-container-'));
  const write = (name: string, lines: readonly string[]): string => {
    const path = join(directory, name);
    writeFileSync(path, `${lines.join('\n')}\n`);
    return path;
  };
  for (const folder of ['home', 'run', 'networks']) mkdirSync(join(directory, folder));
  const files = spawnSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).stdout.trim();
  const environment = {
    ...process.env,
    HOME: join(directory, 'home'),
    XDG_RUNTIME_DIR: join(directory, 'run'),
    BUILDAH_ISOLATION: 'chroot',
    REGISTRY_AUTH_FILE: write('auth.json', ['{"auths":{}}']),
    CONTAINERS_REGISTRIES_CONF: write('registries.conf', ['unqualified-search-registries = []']),
    CONTAINERS_STORAGE_CONF: write('storage.conf', [
      '[storage]',
      `driver = "${overlayWorks(directory) ? 'overlay' : 'vfs'}"`,
      `runroot = "${directory}/store/run"`,
      `graphroot = "${directory}/store/graph"`,
    ]),
    // runc because crun refuses a machine with both versions of cgroups; the limits because some machines may not raise them.
    CONTAINERS_CONF: write('containers.conf', [
      '[engine]',
      'cgroup_manager = "cgroupfs"',
      'events_logger = "none"',
      'runtime = "runc"',
      `volume_path = "${directory}/store/volumes"`,
      '[network]',
      `network_config_dir = "${directory}/networks"`,
      '[containers]',
      `default_ulimits = ["nofile=${files}:${files}", "nproc=4096:4096"]`,
    ]),
  };
  const run: ContainerEngine['run'] = (program, args, input) =>
    new Promise((resolve) => {
      const options = { env: environment, maxBuffer: 1 << 26, timeout: LONGEST_MS };
      const child = execFile(program, args, options, (error, out, err) => {
        const status = error === null ? 0 : typeof error.code === 'number' ? error.code : 255;
        resolve({ status, out, err: status === 255 ? `${err}${error?.message}` : err });
      });
      child.stdin?.end(input ?? '');
    });
  return {
    directory,
    environment,
    run,
    async must(program, args, input) {
      const { status, out, err } = await run(program, args, input);
      if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}:\n${out}${err}`);
      return out.trim();
    },
    async dispose() {
      await run('podman', ['rm', '--all', '--force', '--time', '0']);
      await run('podman', ['network', 'prune', '--force']);
      // Mounts of the store are gone with it.
      await run('podman', ['rmi', '--all', '--force']);
      rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** Overlay mounts are many times faster than copies, where the kernel grants them. */
function overlayWorks(directory: string): boolean {
  const probe = join(directory, 'probe');
  for (const part of ['lower', 'upper', 'work', 'merged']) mkdirSync(join(probe, part), { recursive: true });
  const layers = `lowerdir=${probe}/lower,upperdir=${probe}/upper,workdir=${probe}/work`;
  const mounted = spawnSync('mount', ['-t', 'overlay', 'overlay', '-o', layers, join(probe, 'merged')]).status === 0;
  if (mounted) spawnSync('umount', [join(probe, 'merged')]);
  rmSync(probe, { recursive: true, force: true });
  return mounted;
}
