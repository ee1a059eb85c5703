import type { SystemCall } from './syscall-trace.ts';

const SYNC = /^f(?:data)?sync$/;
const WRITE = /^(?:p?write(?:64|v)?|send(?:to|msg))$/;
const MOVE = /^(?:rename(?:at2?)?|link(?:at)?)$/;
const COMMIT_TEXT = /commit/i;

/** Says of one durable operation which step came too early or not at all; nothing when the order is right. */
export type Complaint = string | undefined;

export interface TraceView {
  readonly calls: readonly SystemCall[];
  readonly database: 'sqlite' | 'postgres';
  /** The port of the client's only connection. */
  readonly clientPort: number;
}

/** The order for a finished blob: bytes durable, moved to its place, place durable, committed, answered. */
export function blobOrder(view: TraceView, sha256Hex: string): Complaint {
  const move = view.calls.find((call) => MOVE.test(call.name) && call.ok && call.text.includes(`/${sha256Hex}"`));
  if (move === undefined) return 'the blob was never moved to its place';
  const source = /"([^"]+)"/.exec(move.text)?.[1] ?? '';
  const target = [...move.text.matchAll(/"([^"]+)"/g)].at(-1)?.[1] ?? '';
  const uploadName = source.slice(source.lastIndexOf('/') + 1);
  const writes = view.calls.filter((call) => WRITE.test(call.name) && onFile(call, uploadName));
  const lastWrite = writes.at(-1);
  if (lastWrite === undefined) return 'no write to the upload was seen';
  const dataSync = view.calls.find(
    (call) => SYNC.test(call.name) && call.ok && onFile(call, uploadName) && call.begin > lastWrite.end,
  );
  if (dataSync === undefined || dataSync.end >= move.begin) return 'the data was not made durable before the move';
  const directory = target.slice(0, target.lastIndexOf('/'));
  const placeSync = syncOf(view, directory, move.end);
  if (placeSync === undefined) return 'the directory was not made durable after the move';
  const created = view.calls.filter((call) => call.name.startsWith('mkdir') && call.ok && call.begin < move.begin);
  for (const call of created) {
    const made = /"([^"]+)"/.exec(call.text)?.[1] ?? '';
    if (!`${directory}/`.includes(`${made}/`)) continue;
    const parentSync = syncOf(view, made.slice(0, made.lastIndexOf('/')), call.end);
    if (parentSync === undefined) return `the new directory ${made} was not made durable`;
  }
  return commitOrder(view, sha256Hex, placeSync.end);
}

/**
 * The order for anything kept in the database: committed, then answered with 201.
 * @param hex Part of the digest that the answer names.
 * @param after Position in the trace before which nothing counts; default: the end of the answer before.
 */
export function commitOrder(view: TraceView, hex: string, after?: number): Complaint {
  const answers = view.calls.filter((call) => WRITE.test(call.name) && isAnswer(call, view.clientPort));
  const position = answers.findIndex((call) => call.text.includes('HTTP/1.1 201') && call.text.includes(hex));
  const answer = answers[position];
  if (answer === undefined) return 'no answer 201 was seen';
  const from = after ?? answers[position - 1]?.end ?? 0;
  if (answer.begin <= from) return 'the answer was sent before the place was durable';
  const committed =
    view.database === 'sqlite' ? sqliteCommit(view, from, answer.begin) : postgresCommit(view, from, answer.begin);
  return committed ? undefined : 'the answer was sent before the database had committed';
}

function isAnswer(call: SystemCall, clientPort: number): boolean {
  return new RegExp(`^\\d+<TCP.{0,80}->\\S{0,60}:${clientPort}\\]>`).test(call.text) && call.text.includes('HTTP/1.1 ');
}

function sqliteCommit(view: TraceView, from: number, before: number): boolean {
  const logged = view.calls.find((call) => WRITE.test(call.name) && /-wal>/.test(call.text) && call.begin > from);
  if (logged === undefined) return false;
  return view.calls.some(
    (call) =>
      SYNC.test(call.name) && /-wal>/.test(call.text) && call.ok && call.begin > logged.end && call.end < before,
  );
}

function postgresCommit(view: TraceView, from: number, before: number): boolean {
  return view.calls.some(
    (call) => WRITE.test(call.name) && COMMIT_TEXT.test(call.text) && call.begin > from && call.end < before,
  );
}

function syncOf(view: TraceView, directory: string, after: number): SystemCall | undefined {
  return view.calls.find(
    (call) => SYNC.test(call.name) && call.ok && call.text.includes(`<${directory}>`) && call.begin > after,
  );
}

function onFile(call: SystemCall, name: string): boolean {
  return new RegExp(`^\\d+<[^>]*/${name}>`).test(call.text);
}
