import type { RequestContext } from '../platform/http/index.ts';

export type AnswerHeaders = Readonly<Record<string, string | number | readonly string[]>>;

/** Answers without a body. */
export function answerEmpty(context: RequestContext, status: number, headers: AnswerHeaders): void {
  const list = headerList(headers);
  // 204 and 304 have no body by definition; elsewhere its absence must be said (RFC 9110 §8.6).
  if (status !== 204 && status !== 304 && headers['Content-Length'] === undefined) list.push('Content-Length', '0');
  context.res.writeHead(status, list);
  context.res.end();
}

/** Answers with the bytes; HEAD gets the same headers alone. */
export function answerBytes(
  context: RequestContext,
  status: number,
  headers: AnswerHeaders,
  body: Uint8Array | string,
): void {
  const sizeBytes = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
  const list = headerList(headers);
  list.push('Content-Length', String(sizeBytes));
  context.res.writeHead(status, list);
  if (context.method === 'HEAD') context.res.end();
  else context.res.end(body);
}

export function answerJson(context: RequestContext, value: unknown, headers: AnswerHeaders = {}): void {
  answerBytes(context, 200, { 'Content-Type': 'application/json', ...headers }, JSON.stringify(value));
}

/** The flat list of names and values that `writeHead` takes fastest; a header with several values is repeated. */
export function headerList(headers: AnswerHeaders): string[] {
  const list: string[] = [];
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === 'string') list.push(name, value);
    else if (typeof value === 'number') list.push(name, String(value));
    else if (value !== undefined) for (const one of value) list.push(name, one);
  }
  return list;
}
