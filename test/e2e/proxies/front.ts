import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestCertificates } from '../../support/certificates.ts';

/** A proxy in front of a server, a process of its own. */
export interface Front {
  readonly port: number;
  stop(): Promise<void>;
}

export interface FrontOptions {
  readonly port: number;
  /** Where the server listens, e.g. `127.0.0.1:8080`. */
  readonly upstream: string;
  /** TLS ends at the proxy. */
  readonly tls?: TestCertificates | undefined;
}

const READY_WITHIN_MS = 10_000;

/** nginx as docs/manual/tls-and-proxies.md configures it. */
export function startNginx({ port, upstream, tls }: FrontOptions): Promise<Front> {
  return start('nginx', port, tls, (home) => {
    const certificate = `ssl_certificate ${home}/front.pem; ssl_certificate_key ${home}/front.key;`;
    const config = `
      daemon off; master_process off; pid ${home}/pid; error_log ${home}/log;
      events {}
      http {
        access_log off;
        ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${home}/${name};`).join(' ')}
        server {
          listen 127.0.0.1:${port} ${tls === undefined ? '' : 'ssl http2'};
          ${tls === undefined ? '' : certificate}
          client_max_body_size 0;
          location / {
            proxy_pass http://${upstream};
            proxy_http_version 1.1;
            proxy_request_buffering off;
            proxy_buffering off;
            proxy_read_timeout 900s;
            proxy_send_timeout 900s;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-Host $http_host;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto $scheme;
          }
        }
      }`;
    writeFileSync(join(home, 'nginx.conf'), config);
    return ['-c', join(home, 'nginx.conf'), '-p', home];
  });
}

export interface HaproxyOptions extends FrontOptions {
  /** `http` writes forwarding headers; `tcp` only passes bytes on. */
  readonly mode: 'http' | 'tcp';
  /** Words behind the server's address, e.g. `send-proxy-v2`. */
  readonly server?: string;
}

/** haproxy as docs/manual/tls-and-proxies.md configures it. */
export function startHaproxy({ port, upstream, tls, mode, server = '' }: HaproxyOptions): Promise<Front> {
  return start('haproxy', port, tls, (home) => {
    const headers = `
      http-request set-header X-Forwarded-For %[src]
      http-request set-header X-Forwarded-Host %[req.hdr(Host)]
      http-request set-header X-Forwarded-Proto https if { ssl_fc }
      http-request set-header X-Forwarded-Proto http if !{ ssl_fc }`;
    const config = `
    defaults
      mode ${mode}
      timeout connect 5s
      timeout client 15m
      timeout server 15m
    frontend registry
      bind 127.0.0.1:${port} ${tls === undefined ? '' : `ssl crt ${home}/both.pem alpn h2,http/1.1`}
      ${mode === 'http' ? headers : ''}
      default_backend gantry
    backend gantry
      server gantry ${upstream} ${server}
    `;
    writeFileSync(join(home, 'haproxy.cfg'), `${config.trimEnd()}\n`);
    return ['-f', join(home, 'haproxy.cfg'), '-db'];
  });
}

async function start(
  program: string,
  port: number,
  tls: TestCertificates | undefined,
  configure: (home: string) => string[],
): Promise<Front> {
  const home = mkdtempSync(join(tmpdir(), `gantry-${program}-`));
  mkdirSync(join(home, 'logs'));
  if (tls !== undefined) {
    writeFileSync(join(home, 'front.pem'), tls.certificate);
    writeFileSync(join(home, 'front.key'), tls.key);
    writeFileSync(join(home, 'both.pem'), tls.certificate + tls.key);
  }
  const output = openSync(join(home, 'output'), 'a');
  const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
  const child = spawn(program, configure(home), {
    stdio: ['ignore', output, output],
    env: { ...process.env, PATH: path },
  });
  closeSync(output);
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    }
    rmSync(home, { recursive: true, force: true });
  };
  try {
    await untilListening(port, child);
  } catch (error) {
    const said = readFileSync(join(home, 'output'), 'utf8');
    await stop();
    throw new Error(`${program} did not start:\n${said}`, { cause: error });
  }
  return { port, stop };
}

async function untilListening(port: number, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  while (performance.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('it ended');
    const socket = connect(port, '127.0.0.1');
    const connected = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (connected) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('nobody listens');
}
