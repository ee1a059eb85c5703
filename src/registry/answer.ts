import type { RequestContext } from '../platform/http/context.ts';

export type AnswerHeaders = Readonly<Record<string, string | number>>;

/** Answers without a body. */
export function answerEmpty(context: RequestContext, status: number, headers: AnswerHeaders): void {
  const { res } = context;
  // 204 and 304 have no body by definition; elsewhere its absence must be said (RFC 9110 §8.6).
  res.writeHead(status, status === 204 || status === 304 ? headers : { 'Content-Length': 0, ...headers });
  res.end();
}

/** Answers with the bytes; HEAD gets the same headers alone. */
export function answerBytes(
  context: RequestContext,
  status: number,
  headers: AnswerHeaders,
  body: Uint8Array | string,
): void {
  const { res } = context;
  const sizeBytes = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
  res.writeHead(status, { ...headers, 'Content-Length': sizeBytes });
  if (context.method === 'HEAD') res.end();
  else res.end(body);
}

export function answerJson(context: RequestContext, value: unknown, headers: AnswerHeaders = {}): void {
  answerBytes(context, 200, { 'Content-Type': 'application/json', ...headers }, JSON.stringify(value));
}
