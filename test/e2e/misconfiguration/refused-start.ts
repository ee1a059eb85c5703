import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { commandLine } from '../../support/server.ts';

/** A text that stands in settings as a password and that nobody may see. */
export const SECRET = 's3cr3t-of-the-operator';
/** Long enough for a slow machine, and less than the 30 s that an idle connection would keep a process alive. */
const ENDS_WITHIN_MS = 25_000;

export interface Place {
  readonly home: string;
  /** Not made. */
  readonly data: string;
  readonly configFile: string;
}

const homes: string[] = [];

/** An empty directory for one installation, removed by {@link removePlaces}. */
export function makePlace(): Place {
  const home = mkdtempSync(join(tmpdir(), 'gantry-wrong-'));
  homes.push(home);
  return { home, data: join(home, 'data'), configFile: join(home, 'conf/config.yaml') };
}

export function removePlaces(): void {
  for (const home of homes.splice(0)) rmSync(home, { recursive: true, force: true });
}

/** Puts files beside the configuration. */
export function writeConfig(place: Place, files: Readonly<Record<string, string>>): void {
  mkdirSync(dirname(place.configFile), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dirname(place.configFile), name), text);
}

export interface Ending {
  readonly status: number | NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a command to its end, which must leave no process behind. */
export async function runGantry(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ending> {
  const [program, ...first] = commandLine();
  const child = spawn(program, [...first, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: ENDS_WITHIN_MS,
    // A group of its own, in which nothing may be left.
    detached: true,
    env: { ...process.env, ...env },
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  await once(child, 'close');
  const group = child.pid ?? 0;
  expect(() => process.kill(-group, 0), 'a process is left').toThrow('ESRCH');
  return { status: child.exitCode ?? child.signalCode, out, err };
}

/** Starts a server that cannot start. */
export function startWrongly(
  place: Place,
  {
    port = 0,
    args = [],
    env,
  }: { port?: number; args?: readonly string[]; env?: Readonly<Record<string, string>> } = {},
): Promise<Ending> {
  const common = ['--data', place.data, '--config', place.configFile, '--host', '127.0.0.1'];
  return runGantry(['serve', '--port', String(port), ...common, ...args], env);
}

/** What a person sees: what is wrong, where, and what to do; no stack, and no password. */
export function expectRefusal(ending: Ending, says: readonly (string | RegExp)[]): void {
  const shown = ending.err + ending.out;
  expect(ending.status, shown).toBe(1);
  for (const text of says) expect(shown).toMatch(text);
  expect(ending.err).toMatch(/^gantry: /);
  expect(shown).not.toMatch(/^\s+at /m);
  expect(shown).not.toContain(SECRET);
}

/** A start that was refused for its configuration has made nothing. */
export function expectNothingMade(place: Place): void {
  expect(readdirSync(place.home).filter((name) => name !== 'conf')).toEqual([]);
}
