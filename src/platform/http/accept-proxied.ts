import type { Server, Socket } from 'node:net';
import type { Logger } from 'pino';
import type { Clock } from '../../kernel/clock.ts';
import { parseProxyHeader } from './parse-proxy-header.ts';

/** Who stands behind a connection that a proxy has opened. */
export interface ProxiedPeer {
  /** undefined: the proxy did not say, so whoever it is, it is not the proxy's own address that counts as trustworthy. */
  readonly address: string | undefined;
  /** Whether the client came to the proxy over TLS, as far as the proxy said. */
  readonly encrypted: boolean | undefined;
}

export interface ProxiedOptions {
  /** Whether PROXY headers of this address are believed. */
  readonly trusts: (address: string) => boolean;
  /** Filled with the client of each connection, under the socket that requests will have. */
  readonly peers: WeakMap<object, ProxiedPeer>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A proxy sends its header at once; whoever needs longer is none. */
const HEADER_TIMEOUT_MS = 5000;
const WARN_EVERY_MS = 60_000;

/**
 * Makes a server (of `node:http` or `node:https`, before it listens) take only connections that begin with a PROXY protocol
 * header of a trusted proxy; others are closed without an answer. TLS, where there is any, begins after the header.
 */
export function acceptProxied(server: Server, { trusts, peers, clock, log }: ProxiedOptions): void {
  const begin = server.listeners('connection') as ((this: Server, socket: Socket) => void)[];
  server.removeAllListeners('connection');
  // A TLS socket is another object than the connection under it, but has its addresses; a pair of them is unique.
  const pending = new Map<string, ProxiedPeer>();
  let warnedAt = Number.NEGATIVE_INFINITY;
  const refuse = (socket: Socket, reason: string): void => {
    const now = clock.now();
    // Whoever can connect can cause this line.
    const level = now - warnedAt >= WARN_EVERY_MS ? 'warn' : 'debug';
    if (level === 'warn') warnedAt = now;
    log[level]({ peer: socket.remoteAddress }, `A connection to the PROXY protocol port was closed: ${reason}`);
    socket.destroy();
  };
  server.on('connection', (socket: Socket) => {
    const address = plainAddress(socket.remoteAddress ?? '');
    if (!trusts(address)) return refuse(socket, 'its sender is not in TRUSTED_PROXY_CIDR');
    readHeader(socket, clock, {
      refused: (reason) => refuse(socket, reason),
      read(peer) {
        const key = keyOf(socket);
        pending.set(key, peer);
        peers.set(socket, peer);
        socket.once('close', () => pending.delete(key));
        for (const listener of begin) listener.call(server, socket);
      },
    });
  });
  server.on('secureConnection', (socket: Socket) => {
    const peer = pending.get(keyOf(socket));
    if (peer !== undefined) peers.set(socket, peer);
  });
}

/** IPv4 clients of a dual-stack socket appear as `::ffff:1.2.3.4`. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

function keyOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}

interface HeaderOutcome {
  readonly read: (peer: ProxiedPeer) => void;
  readonly refused: (reason: string) => void;
}

/** Takes exactly the header off the connection; what came behind it in the same packet is put back. */
function readHeader(socket: Socket, clock: Clock, outcome: HeaderOutcome): void {
  let received: Buffer = Buffer.alloc(0);
  const cancel = clock.after(HEADER_TIMEOUT_MS, () => end(() => outcome.refused('no header came in time')));
  const onReadable = (): void => {
    for (let chunk = socket.read() as Buffer | null; chunk !== null; chunk = socket.read() as Buffer | null) {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      const header = parseProxyHeader(received);
      if (header.kind === 'incomplete') continue;
      if (header.kind === 'invalid') return end(() => outcome.refused(header.reason));
      const { address, encrypted, bytes } = header;
      return end(() => {
        if (bytes < received.length) socket.unshift(received.subarray(bytes));
        outcome.read({ address, encrypted });
      });
    }
  };
  const onEnd = (): void => end(() => socket.destroy());
  function end(then: () => void): void {
    cancel();
    socket.off('readable', onReadable).off('end', onEnd).off('error', onEnd).off('close', onEnd);
    then();
  }
  socket.on('readable', onReadable).on('end', onEnd).on('error', onEnd).on('close', onEnd);
}
