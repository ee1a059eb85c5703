import { connect, type Socket } from 'node:net';

const PATIENCE_MS = 20_000;

/** A bare TCP connection that says exactly what it is told and reads when it is told. */
export interface RawConnection {
  readonly socket: Socket;
  write(text: string | Uint8Array): void;
  /** Resolves with everything received so far once `enough` is true of it; rejects when the connection ends before. */
  until(enough: (received: Buffer) => boolean): Promise<Buffer>;
  /** Resolves when the other side has ended or reset the connection, with everything received. */
  ended(): Promise<Buffer>;
}

export function rawConnection(port: number): Promise<RawConnection> {
  return new Promise((resolve, reject) => {
    let storage = Buffer.alloc(1 << 16);
    let received = storage.subarray(0, 0);
    let over = false;
    const watchers = new Set<() => void>();
    const changed = () => watchers.forEach((watch) => watch());
    const socket = connect(port, '127.0.0.1', () => resolve(connection));
    socket.on('data', (chunk: Buffer) => {
      const length = received.length + chunk.length;
      // Twice as large each time: large bodies arrive in many chunks.
      if (length > storage.length) storage = Buffer.concat([received], length * 2);
      chunk.copy(storage, received.length);
      received = storage.subarray(0, length);
      changed();
    });
    socket.on('error', reject);
    socket.on('close', () => {
      over = true;
      changed();
    });
    const when = (done: () => Buffer | Error | undefined): Promise<Buffer> =>
      new Promise((found, failed) => {
        const timer = setTimeout(
          () => settle(new Error(`nothing more came; so far: ${received.toString('latin1', 0, 500)}`)),
          PATIENCE_MS,
        );
        const settle = (result: Buffer | Error) => {
          clearTimeout(timer);
          watchers.delete(check);
          if (result instanceof Error) failed(result);
          else found(result);
        };
        const check = () => {
          const result = done();
          if (result !== undefined) settle(result);
        };
        watchers.add(check);
        check();
      });
    const connection: RawConnection = {
      socket,
      write: (text) => void socket.write(text),
      until: (enough) =>
        when(() => {
          if (enough(received)) return received;
          return over ? new Error(`the connection ended; received: ${received.toString('latin1', 0, 500)}`) : undefined;
        }),
      ended: () => when(() => (over ? received : undefined)),
    };
  });
}

/** How many answers with complete bodies the bytes hold; bodies of answers to HEAD must be told. */
export function answersIn(
  bytes: Buffer,
  bodiless: readonly number[] = [],
): { status: number; headers: string; body: Buffer }[] {
  const answers: { status: number; headers: string; body: Buffer }[] = [];
  let rest = bytes;
  for (let end = rest.indexOf('\r\n\r\n'); end >= 0; end = rest.indexOf('\r\n\r\n')) {
    const headers = rest.toString('latin1', 0, end);
    const status = Number(headers.slice(9, 12));
    const without = status < 200 || status === 204 || status === 304 || bodiless.includes(answers.length);
    const length = without ? 0 : Number(/content-length: (\d+)/i.exec(headers)?.[1] ?? 0);
    if (rest.length < end + 4 + length) break;
    answers.push({ status, headers, body: rest.subarray(end + 4, end + 4 + length) });
    rest = rest.subarray(end + 4 + length);
  }
  return answers;
}
