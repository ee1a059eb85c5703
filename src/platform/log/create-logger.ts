import { type Bindings, type ChildLoggerOptions, type DestinationStream, type LogFn, type Logger, pino } from 'pino';
import { redactFields, redactLine } from './redact.ts';
import type { RepeatLimit } from './limit-repeats.ts';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Takes whole lines of JSON; standard output when absent. */
  readonly destination?: DestinationStream;
  /** Decides which warnings and errors are too many of the same. */
  readonly repeats?: RepeatLimit;
}

/**
 * Makes the root logger: one JSON object a line, `time` in ISO form, level as a word. Nothing that looks like a secret
 * reaches the destination: fields and bindings are filtered by key name at any depth, then the line by patterns.
 */
export function createLogger(options: LoggerOptions): Logger {
  const { repeats } = options;
  const destination = options.destination ?? pino.destination({ fd: 1, sync: true });
  const log = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      // Fields arrive here redacted; the standard serializer would print an error's own properties again.
      serializers: { err: (value: unknown) => value },
      formatters: {
        level: (label) => ({ level: label }),
        log: redactFields,
      },
      hooks: { streamWrite: redactLine, ...(repeats === undefined ? {} : { logMethod: limited(repeats) }) },
    },
    destination,
  );
  // A formatter for bindings is dropped in children; children inherit this method instead.
  // oxlint-disable-next-line typescript/unbound-method -- the proxy passes `this` on
  log.child = new Proxy(log.child, {
    apply: (makeChild, self, [bindings, childOptions]: [Bindings, ChildLoggerOptions?]) =>
      Reflect.apply(makeChild, self, [redactFields(bindings), childOptions]),
  });
  return log;
}

const WARN = pino.levels.values['warn'] ?? 40;

function limited(repeats: RepeatLimit) {
  return function logMethod(this: Logger, args: Parameters<LogFn>, write: LogFn, level: number): void {
    if (level < WARN || repeats.admit(messageOf(args))) write.apply(this, args);
  };
}

function messageOf([first, second]: readonly unknown[]): string {
  if (typeof first === 'string') return first;
  return typeof second === 'string' ? second : '';
}
