import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { get } from '../../support/get.ts';
import { freePort, startServer, type TestServer } from '../../support/server.ts';

const ROOT = join(import.meta.dirname, '../../..');
const homes: string[] = [];
let server: TestServer | undefined;
let child: ChildProcess | undefined;

afterEach(async () => {
  await server?.dispose();
  server = undefined;
  if (child?.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  for (const home of homes.splice(0)) rmSync(home, { recursive: true, force: true });
});

function makeHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'gantry-log-'));
  homes.push(home);
  return home;
}

/** Writes one line of the log for each. */
async function makeRequests(to: TestServer, count: number): Promise<void> {
  for (let number = 0; number < count; number += 1) {
    await fetch(`${to.url}/v2/no/such-${number}/manifests/1`, { method: 'PUT', body: '{}' });
  }
}

describe('LOG_FILE', () => {
  it('takes the log, is put aside by size, and no more than so many are kept', async () => {
    const home = makeHome();
    const file = join(home, 'logs', 'gantry.log');
    server = await startServer({ config: { LOG_FILE: file, LOG_FILE_MAX_SIZE: '64K', LOG_FILE_KEEP: 2 } });
    await makeRequests(server, 1200);
    for (const name of [file, `${file}.1`, `${file}.2`]) expect(statSync(name).size).toBeLessThanOrEqual(64 * 1024);
    expect(existsSync(`${file}.3`)).toBe(false);
    // Standard output has nothing but what is printed for the person at the terminal.
    expect(server.log().some(({ msg }) => msg === 'request')).toBe(false);
    const lines = readFileSync(`${file}.1`, 'utf8').trimEnd().split('\n');
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ level: 'info', msg: 'request' });
  });

  it('is opened anew for who has moved it away and says so with SIGHUP', async () => {
    const file = join(makeHome(), 'gantry.log');
    server = await startServer({ config: { LOG_FILE: file, LOG_FORMAT: 'text' } });
    // Requests are answered a moment before it is said.
    while (!readFileSync(file, 'utf8').includes('Listening')) await makeRequests(server, 1);
    expect(readFileSync(file, 'utf8')).toMatch(/^\d{4}-\S+ INFO {2}Listening on port \d+ port=\d+ data=/m);
    renameSync(file, `${file}.old`);
    process.kill(server.pid, 'SIGHUP');
    while (!existsSync(file)) await makeRequests(server, 1);
    await makeRequests(server, 1);
    expect(readFileSync(file, 'utf8')).toContain('INFO  request');
    expect(readFileSync(`${file}.old`, 'utf8')).toContain('Listening');
  });

  it('whose directory is gone does not stop the registry', async () => {
    const home = makeHome();
    const file = join(home, 'logs', 'gantry.log');
    server = await startServer({ config: { LOG_FILE: file } });
    rmSync(join(home, 'logs'), { recursive: true });
    // Nothing can be made here any more, not even by root.
    writeFileSync(join(home, 'logs'), '');
    await makeRequests(server, 3);
    expect((await get(`${server.url}/health/instance`)).status).toBe(200);
    expect((await get(`${server.url}/v2/`)).status).toBe(401);
    const lost = async () =>
      Number(/^quay_log_lines_lost_total (\d+)$/m.exec((await get(`${server?.url}/metrics`)).body)?.[1]);
    while (!((await lost()) > 0)) await makeRequests(server, 1);
    rmSync(join(home, 'logs'));
    while (!existsSync(file)) await makeRequests(server, 1);
    expect(server.crashed).toBe(false);
  });
});

describe('standard output', () => {
  it.each([
    ['a full disk', () => openSync('/dev/full', 'w')],
    ['nobody', () => 'pipe' as const],
  ])('that goes to %s does not stop the registry', async (_name, makeOutput) => {
    const [home, port] = [makeHome(), await freePort()];
    const args = [join(ROOT, 'src/main.ts'), 'serve', '--port', String(port), '--data', home];
    const running = spawn(process.execPath, args, { stdio: ['ignore', makeOutput(), 'ignore'] });
    child = running;
    // Whoever reads goes away at once.
    running.stdout?.destroy();
    const status = async () => (await get(`http://127.0.0.1:${port}/health/instance`).catch(() => undefined))?.status;
    while (running.exitCode === null && (await status()) !== 200)
      await new Promise((resolve) => setTimeout(resolve, 10));
    for (let number = 0; number < 50; number++) {
      await fetch(`http://127.0.0.1:${port}/v2/no/such/manifests/1`, { method: 'PUT', body: '{}' });
    }
    expect([running.exitCode, running.signalCode, await status()]).toEqual([null, null, 200]);
  });
});
