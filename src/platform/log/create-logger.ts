import { type Bindings, type ChildLoggerOptions, type DestinationStream, type Logger, pino } from 'pino';
import { redactFields, redactLine } from './redact.ts';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Takes whole lines of JSON; standard output when absent. */
  readonly destination?: DestinationStream;
}

/**
 * Makes the root logger: one JSON object a line, `time` in ISO form, level as a word. Nothing that looks like a secret
 * reaches the destination: fields and bindings are filtered by key name at any depth, then the line by patterns.
 */
export function createLogger(options: LoggerOptions): Logger {
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
      hooks: { streamWrite: redactLine },
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
