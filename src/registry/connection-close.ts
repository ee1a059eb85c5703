import type { Socket } from 'node:net';

/**
 * Tells when connections close, with one listener for each connection however many responses wait on it. A response that is
 * queued behind another one of its connection (pipelining) gets no `close` event of its own.
 */
export class ConnectionCloses {
  readonly #waiting = new WeakMap<Socket, Set<() => void>>();

  /** Calls back once when the connection closes; at once when it is closed already. The returned function cancels. */
  onClose(socket: Socket, callback: () => void): () => void {
    if (socket.destroyed) {
      callback();
      return () => undefined;
    }
    const waiting = this.#waiting.get(socket) ?? this.#listen(socket);
    waiting.add(callback);
    return () => waiting.delete(callback);
  }

  #listen(socket: Socket): Set<() => void> {
    const waiting = new Set<() => void>();
    this.#waiting.set(socket, waiting);
    socket.once('close', () => {
      for (const callback of waiting) callback();
      waiting.clear();
    });
    return waiting;
  }
}
