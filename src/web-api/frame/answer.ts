import type { ServerResponse } from 'node:http';

/** What an operation answers with. */
export interface Answer {
  readonly status: number;
  /** Sent as JSON; undefined: no body at all. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer with a body; many of Quay's are bare texts (`"Created"`). */
export function answer(body: unknown, status = 200, headers?: Readonly<Record<string, string>>): Answer {
  return headers === undefined ? { status, body } : { status, body, headers };
}

export const NO_CONTENT: Answer = { status: 204 };

/**
 * Ends a call with an answer in a shape of its own. Most failures are an `AppError`, whose body is that of Quay's API exceptions;
 * but where Quay answers otherwise (`{message, is_readonly}`), clients look for just that.
 */
export class Abort extends Error {
  override readonly name = 'Abort';
  readonly answer: Answer;

  constructor(given: Answer) {
    super(`answered with status ${given.status}`);
    this.answer = given;
  }
}

/** Writes the answer; nothing of the API may be kept by a cache or framed by a page. */
export function sendAnswer(
  res: ServerResponse,
  { status, body, headers }: Answer,
  common: readonly string[],
  withBody: boolean,
): void {
  const list: (string | number)[] = [...common, 'Cache-Control', 'no-store'];
  for (const [name, value] of Object.entries(headers ?? {})) list.push(name, value);
  if (body === undefined) {
    if (status !== 204 && status !== 304) list.push('Content-Length', 0);
    res.writeHead(status, list.map(String));
    res.end();
    return;
  }
  const bytes = Buffer.from(JSON.stringify(body));
  list.push('Content-Type', 'application/json', 'Content-Length', bytes.length);
  res.writeHead(status, list.map(String));
  res.end(withBody ? bytes : undefined);
}
