import type { Response as ReceivedResponse } from 'undici';

const BODYLESS = new Set([204, 205, 304]);

/** The same answer with a body that fails once it exceeds `maxBytes`; an announced length beyond it fails at once. */
export async function boundBody(response: ReceivedResponse, maxBytes: number, url: URL): Promise<Response> {
  const { status, statusText, body } = response;
  const headers = new Headers();
  response.headers.forEach((value, name) => headers.append(name, value));
  const announced = Number(headers.get('content-length') ?? 0);
  if (announced > maxBytes && body !== null) {
    await body.cancel();
    throw tooLarge(url, maxBytes);
  }
  const bounded = body === null || BODYLESS.has(status) ? null : limit(body, maxBytes, url);
  return new Response(bounded, { status, statusText, headers });
}

function limit(body: AsyncIterable<Uint8Array>, maxBytes: number, url: URL): ReadableStream<Uint8Array> {
  return ReadableStream.from(
    (async function* counted() {
      let total = 0;
      for await (const chunk of body) {
        total += chunk.byteLength;
        if (total > maxBytes) throw tooLarge(url, maxBytes);
        yield chunk;
      }
    })(),
  );
}

function tooLarge(url: URL, maxBytes: number): Error {
  return new Error(`The answer of ${url.host} is larger than ${maxBytes} bytes`);
}
