import { becomeNewRun, createProcessControl, readSettings, type RunningServer, serve } from '../app/index.ts';
import { createServiceLog } from '../platform/log/index.ts';
import type { Command } from './command.ts';
import { COMMON_OPTIONS, parseOptions } from './parse-options.ts';
import { stopSignal } from './stop-signal.ts';

export const serveCommand: Command = {
  name: 'serve',
  synopsis: '[--port N] [--tls-port N] [--proxy-port N] [--host ADDRESS] [--data DIR] [--config FILE] [--no-migrate]',
  summary: 'Run the registry, its API, web page and background jobs in one process',
  async run(args) {
    const { values } = parseOptions(args, {
      ...COMMON_OPTIONS,
      port: { type: 'string' },
      'tls-port': { type: 'string' },
      'proxy-port': { type: 'string' },
      host: { type: 'string' },
      'no-migrate': { type: 'boolean' },
    });
    const flags = { ...values, migrate: values['no-migrate'] !== true };
    const { settings, config } = readSettings(flags);
    const serviceLog = createServiceLog(settings.log);
    const { log } = serviceLog;
    // Whoever has moved the log file away says so with this signal.
    process.on('SIGHUP', () => serviceLog.reopen());
    for (const warning of config.warnings) log.warn(warning);
    for (const note of config.notes) log.info(note);
    const stopRequested = stopSignal();
    const control = createProcessControl({ flags, config, log });
    const server = await serve(settings, log, { logTally: serviceLog.tally, control });
    const { port, tlsPort } = server.ports;
    const places = tlsPort === undefined ? `port ${port}` : `port ${tlsPort} with TLS, port ${port} sends there`;
    log.info({ ...server.ports, data: settings.dataDirectory }, `Listening on ${places}`);
    if (server.setupToken !== undefined) announceSetup(server.ports, server.setupToken);
    const told = { toStop: false };
    void stopRequested.then(() => (told.toStop = true));
    const signal = await Promise.race([stopRequested, control.restartRequested]);
    log.info({ signal }, 'Stopping: running requests may finish');
    await server.stop();
    // Also when it was told while it ended for another run.
    if (!told.toStop) {
      log.info('Restarting');
      becomeNewRun();
    }
    log.info('Stopped');
    return 0;
  },
};

/** Printed, not logged: logs travel further than the terminal of whoever starts the server. */
function announceSetup({ port, tlsPort }: RunningServer['ports'], setupToken: string): void {
  const origin = tlsPort === undefined ? `http://HOST:${port}` : `https://HOST:${tlsPort}`;
  process.stderr.write(
    [
      '',
      'There is no user yet. Create the first one, who becomes superuser, on this machine with',
      '',
      '    npx gantry user create NAME     (in a container: docker exec -it CONTAINER gantry user create NAME)',
      '',
      'or from anywhere with the set-up token below:',
      '',
      `    curl -X POST ${origin}/api/v1/user/initialize -H 'Content-Type: application/json' \\`,
      `      -H 'X-Gantry-Setup-Token: ${setupToken}' \\`,
      '      -d \'{"username":"NAME","password":"PASSWORD","email":"ADDRESS","access_token":true}\'',
      '',
      '',
    ].join('\n'),
  );
}
