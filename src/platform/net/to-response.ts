import type { IncomingMessage } from 'node:http';

export interface ResponseLimits {
  /** Of the last request: an answer to HEAD has no body whatever its headers say. */
  readonly method: string | undefined;
  readonly maxBytes: number;
  /** Named in errors. */
  readonly host: string;
  /** Puts an error of the body into better words. */
  readonly explain: (error: unknown) => unknown;
}

const BODYLESS = new Set([204, 205, 304]);

/**
 * Makes a fetch response of an answer. Its body fails once it exceeds the limit; an announced length beyond it fails at
 * once. Compressed content stays compressed: none is asked for.
 */
export function toResponse(answer: IncomingMessage, limits: ResponseLimits): Response {
  const { maxBytes, host } = limits;
  const status = answer.statusCode ?? 0;
  if (status < 200 || status > 599) {
    answer.destroy();
    throw new Error(`${host} answered with the status ${status}`);
  }
  if (limits.method !== 'HEAD' && Number(answer.headers['content-length'] ?? 0) > maxBytes) {
    answer.destroy();
    throw tooLarge(limits);
  }
  const headers = new Headers();
  for (let index = 0; index + 1 < answer.rawHeaders.length; index += 2) {
    headers.append(answer.rawHeaders[index] ?? '', answer.rawHeaders[index + 1] ?? '');
  }
  const empty = BODYLESS.has(status) || limits.method === 'HEAD';
  if (empty) answer.resume();
  return new Response(empty ? null : ReadableStream.from(counted(answer, limits)), { status, headers });
}

async function* counted(answer: IncomingMessage, limits: ResponseLimits): AsyncGenerator<Uint8Array> {
  let total = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      total += chunk.byteLength;
      if (total > limits.maxBytes) throw tooLarge(limits);
      yield chunk;
    }
  } catch (error) {
    throw limits.explain(error);
  }
}

function tooLarge({ host, maxBytes }: ResponseLimits): Error {
  return new Error(`The answer of ${host} is larger than ${maxBytes} bytes`);
}
