import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../kernel/clock.ts';
import type { RequestScope } from './request-scope.ts';

/**
 * How much of a body that nobody wants is still read. A client that only looks for the answer after it has sent everything
 * would otherwise see a reset connection in place of the answer.
 */
export interface DrainLimits {
  readonly maxBytes: number;
  readonly maxMs: number;
}

/** Bodies announced no longer than this are read to keep the connection. */
const WORTH_KEEPING_BYTES = 64 * 1024;

/** Sends an answer to a request whose body may still be arriving. */
export function answerEarly(
  scope: RequestScope,
  status: number,
  headers: Record<string, string | number>,
  body: Buffer,
  drain: (req: IncomingMessage, done: () => void) => void,
): void {
  const { req, res } = scope;
  const payload = scope.method === 'HEAD' ? undefined : body;
  const length = Number(req.headers['content-length'] ?? Number.POSITIVE_INFINITY);
  if (!scope.hasPendingBody || (length <= WORTH_KEEPING_BYTES && !scope.awaitsContinue)) {
    res.writeHead(status, headers);
    res.end(payload);
    return;
  }
  // The end of a last response closes the socket, and unread input would turn that into a reset: so the answer goes out
  // whole now, and its formal end waits until the client has stopped sending.
  res.shouldKeepAlive = false;
  res.writeHead(status, headers);
  if (payload === undefined || payload.length === 0) res.flushHeaders();
  else res.write(payload);
  drain(req, () => res.end());
}

/** Reads and drops the rest of a body within the limits; `done` is called once, at its end or at a limit. */
export function drainBody(req: IncomingMessage, limits: DrainLimits, clock: Clock, done: () => void): void {
  let left = limits.maxBytes;
  let finished = false;
  const finish = (): void => {
    if (finished) return;
    finished = true;
    cancelTimer();
    done();
  };
  const cancelTimer = clock.after(limits.maxMs, finish);
  req.unpipe();
  req.removeAllListeners('data');
  req.removeAllListeners('readable');
  req.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) finish();
  });
  req.on('error', finish);
  req.on('end', finish);
  req.on('close', finish);
  req.resume();
}
