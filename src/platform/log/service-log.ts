import { type DestinationStream, type Logger, pino } from 'pino';
import { systemClock } from '../../kernel/clock.ts';
import { createLogger, type LogLevel } from './create-logger.ts';
import { formatText } from './format-text.ts';
import { createRepeatLimit } from './limit-repeats.ts';
import { createLogTally, type LogTally } from './log-tally.ts';
import { openRotatingFile } from './rotating-file.ts';

export interface LogSettings {
  readonly level: LogLevel;
  readonly format: 'json' | 'text';
  /** undefined: standard output. */
  readonly file: { readonly path: string; readonly maxBytes: number; readonly keep: number } | undefined;
}

/** The log of a server. */
export interface ServiceLog {
  readonly log: Logger;
  readonly tally: LogTally;
  /** Opens the file again at its path, for whoever has moved it away. */
  reopen(): void;
}

/** What standard output may hold back while nobody takes it, in bytes; what comes then is lost. */
const HELD_BACK_BYTES = 1024 * 1024;

/** Opens the log of a server: to a file that it rotates itself, or to standard output; repeated faults are limited. */
export function createServiceLog({ level, format, file }: LogSettings): ServiceLog {
  const tally = createLogTally();
  const lines = file === undefined ? undefined : openRotatingFile({ ...file, clock: systemClock, tally });
  const output: DestinationStream = lines ?? standardOutput(tally);
  const destination: DestinationStream =
    format === 'json' ? output : { write: (line) => output.write(formatText(line)) };
  const repeats = createRepeatLimit(systemClock, tally, ({ message, count }) =>
    log.warn({ message, count }, 'Lines that say the same were left out'),
  );
  const log = createLogger({ level, destination, repeats });
  return { log, tally, reopen: () => lines?.reopen() };
}

/** A full disk or a reader that is gone must not end the process. */
function standardOutput(tally: LogTally): DestinationStream {
  const stream = pino.destination({ fd: 1, sync: true, maxLength: HELD_BACK_BYTES });
  // What could not be written is tried again with the next line.
  stream.on('error', () => undefined);
  stream.on('drop', () => (tally.lost += 1));
  return stream;
}
