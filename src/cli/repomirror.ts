import { setTimeout as delay } from 'node:timers/promises';
import { readSettings, runMirrorRole } from '../app/index.ts';
import { createLogger } from '../platform/log/index.ts';
import type { Command } from './command.ts';
import { COMMON_OPTIONS, parseOptions } from './parse-options.ts';
import { stopSignal } from './stop-signal.ts';

const CLOSE_MS = 2000;

export const repomirror: Command = {
  name: 'repomirror',
  synopsis: '[--port N] [--host ADDRESS] [--data DIR] [--config FILE]',
  summary:
    "Stand in for Quay's mirror worker beside a server: wait, and answer /health. Mirroring is to come, in the server",
  async run(args) {
    const { values } = parseOptions(args, { ...COMMON_OPTIONS, port: { type: 'string' }, host: { type: 'string' } });
    const { settings } = readSettings(values);
    const log = createLogger({ level: settings.log.level });
    const stop = new AbortController();
    const stopRequested = stopSignal();
    const role = runMirrorRole(settings, log, stop.signal);
    const signal = await Promise.race([stopRequested, role]);
    log.info({ signal }, 'Stopping');
    stop.abort();
    // A connection that is being made to a database which does not answer would keep the process for longer.
    await Promise.race([role, delay(CLOSE_MS)]);
    log.info('Stopped');
    process.exit(0);
  },
};
