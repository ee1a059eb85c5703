import type { Duplex } from 'node:stream';
import { AppError, type ErrorCode } from '../../kernel/errors.ts';
import { ociError } from './error-bodies.ts';

const REASONS: Readonly<Record<string, readonly [status: string, code: ErrorCode, message: string]>> = {
  HPE_HEADER_OVERFLOW: [
    '431 Request Header Fields Too Large',
    'INVALID_REQUEST',
    'The header fields are too large; send at most 64 KiB',
  ],
  ERR_HTTP_REQUEST_TIMEOUT: [
    '408 Request Timeout',
    'INVALID_REQUEST',
    'The head of the request did not arrive in time; try again',
  ],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [
    '413 Content Too Large',
    'INVALID_REQUEST',
    'The chunk extensions are too large; send none',
  ],
};

const BAD_REQUEST = [
  '400 Bad Request',
  'INVALID_REQUEST',
  'The request is not valid HTTP/1.1; send a well-formed one',
] as const;

/**
 * Answers what could not be parsed, and closes. There is no request to speak of, so the answer is written by hand.
 * @param answerStarted whether an earlier request on the connection has part of its answer on the wire.
 */
export function answerBadHttp(error: NodeJS.ErrnoException, socket: Duplex, answerStarted: boolean): void {
  if (!socket.writable || answerStarted || error.code === 'ECONNRESET' || error.code === 'EPIPE') {
    socket.destroy();
    return;
  }
  const [status, code, message] = REASONS[error.code ?? ''] ?? BAD_REQUEST;
  const body = JSON.stringify({ errors: [ociError(new AppError(code, message))] });
  const head = [
    `HTTP/1.1 ${status}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'X-Content-Type-Options: nosniff',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}
