import { type Agent, type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface Outgoing {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | AsyncIterable<Uint8Array> | undefined;
  readonly signal: AbortSignal;
  readonly agent: Agent;
}

/** A peer that is silent for this long is given up, however long the whole exchange may take. */
const STALL_MS = 60_000;
const MAX_HEADER_BYTES = 64 * 1024;

/** Sends one request and resolves with the head of its answer. A read that met a connection just closed is sent again. */
export async function sendRequest(url: URL, outgoing: Outgoing): Promise<IncomingMessage> {
  try {
    return await sendOnce(url, outgoing);
  } catch (error) {
    if (!(error instanceof StaleConnectionError) || outgoing.signal.aborted) throw error;
    return await sendOnce(url, outgoing);
  }
}

/** The server closed a kept connection while a read was on its way. */
class StaleConnectionError extends Error {}

function sendOnce(url: URL, { body, ...outgoing }: Outgoing): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(url, { ...outgoing, maxHeaderSize: MAX_HEADER_BYTES });
    request.setTimeout(STALL_MS, () => request.destroy(new Error(`${url.host} was silent for ${STALL_MS} ms`)));
    request.on('response', resolve);
    request.on('error', (error: NodeJS.ErrnoException) => {
      const reads = outgoing.method === 'GET' || outgoing.method === 'HEAD';
      const stale = reads && request.reusedSocket && error.code === 'ECONNRESET';
      reject(stale ? new StaleConnectionError(error.message, { cause: error }) : error);
    });
    if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) request.end(body);
    else pipeline(Readable.from(body), request).catch(reject);
  });
}
