import { askHealth, launchOptions } from '../app/index.ts';
import type { Command } from './command.ts';
import { parseOptions } from './parse-options.ts';

export const health: Command = {
  name: 'health',
  synopsis: '[--port N] [--host ADDRESS]',
  summary:
    'Ask the server on this machine whether it is well; ends with 1 when not, as health checks of containers want',
  async run(args) {
    const { values } = parseOptions(args, { port: { type: 'string' }, host: { type: 'string' } });
    const { port } = launchOptions({ port: values.port });
    const host = values.host ?? '127.0.0.1';
    const answer = await askHealth({ host, port }).catch((cause: unknown) => {
      throw new Error(`Nothing on port ${port} answers; is the server running, and on this port?`, { cause });
    });
    if (answer.status === 200) {
      console.log('healthy');
      return 0;
    }
    const reason = answer.unwell.length > 0 ? `: ${answer.unwell.join(', ')}` : '';
    console.error(`unhealthy (status ${answer.status})${reason}`);
    return 1;
  },
};
