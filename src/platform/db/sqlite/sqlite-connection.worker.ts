import { parentPort, workerData } from 'node:worker_threads';
import type { ConnectionWorkerData, StatementReply, StatementRequest } from './messages.ts';
import { openConnection } from './open-connection.ts';
import { StatementRunner } from './statement.ts';

const port = parentPort;
if (port === null) throw new Error('This module runs in a worker thread only');
const { file, readOnly } = workerData as ConnectionWorkerData;
const connection = openConnection(file, { readOnly });
const runner = new StatementRunner(connection);

port.on('message', (request: StatementRequest | 'close') => {
  if (request === 'close') {
    connection.close();
    port.close();
    return;
  }
  port.postMessage(answer(request));
});

function answer({ id, sql, parameters, kind }: StatementRequest): StatementReply {
  try {
    if (kind === 'statement') return { id, result: runner.run(sql, parameters) };
    connection.exec(sql);
    return { id, result: { rows: [], changes: 0, lastInsertRowid: 0 } };
  } catch (error) {
    const errcode = error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0;
    return { id, error: { message: error instanceof Error ? error.message : String(error), errcode } };
  }
}
