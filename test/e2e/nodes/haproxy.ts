import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { findComponent } from '../../../scripts/components.ts';
import { available } from '../../support/components.ts';

/** How the manual says to put HAProxy before several nodes, with shorter times. */
function configuration(port: number, nodes: readonly number[]): string {
  return `
global
  maxconn 1000
defaults
  mode http
  timeout connect 2s
  timeout client 120s
  timeout server 120s
  timeout check 5s
  option forwardfor
  option redispatch 1
  retries 3
frontend registry
  bind 127.0.0.1:${port}
  default_backend nodes
backend nodes
  balance random
  option httpchk GET /health/instance
  http-check expect status 200
  default-server check inter 200ms fall 2 rise 1
${nodes.map((node, index) => `  server node${index} 127.0.0.1:${node}`).join('\n')}
`;
}

export function hasHaproxy(): boolean {
  return available('haproxy', findComponent('haproxy') !== undefined);
}

/** Starts HAProxy on the port; each request goes to a node at random that reports itself healthy. */
export async function startHaproxy(port: number, nodes: readonly number[]): Promise<{ stop(): Promise<void> }> {
  const directory = mkdtempSync(join(tmpdir(), 'gantry-haproxy-'));
  const file = join(directory, 'haproxy.cfg');
  writeFileSync(file, configuration(port, nodes));
  const child = spawn(findComponent('haproxy') ?? '', ['-db', '-f', file], { stdio: 'ignore' });
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await vi.waitFor(
      async () =>
        (await fetch(`http://127.0.0.1:${port}/health/instance`)).ok || Promise.reject(new Error('not healthy')),
      {
        timeout: 10_000,
        interval: 50,
      },
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}
