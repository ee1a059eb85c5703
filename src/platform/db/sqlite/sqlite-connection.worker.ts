import type { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { toFailure } from './failure.ts';
import type { ConnectionWorkerData, StatementReply, StatementRequest } from './messages.ts';
import { openConnection } from './open-connection.ts';
import { StatementRunner, type StatementResult } from './statement.ts';

const port = parentPort;
if (port === null) throw new Error('This module runs in a worker thread only');
const { file, readOnly } = workerData as ConnectionWorkerData;
let opened: { readonly connection: DatabaseSync; readonly runner: StatementRunner } | undefined;
const NO_ROWS: StatementResult = { rows: [], changes: 0, lastInsertRowid: 0 };

port.on('message', (request: StatementRequest | 'close') => {
  if (request === 'close') {
    opened?.connection.close();
    port.close();
    return;
  }
  port.postMessage(answer(request));
});

function answer(request: StatementRequest): StatementReply {
  try {
    return { id: request.id, result: execute(request) };
  } catch (error) {
    return { id: request.id, error: toFailure(error) };
  }
}

/** With the first statement: the thread is started while the file is still being made ready. */
function open() {
  const connection = openConnection(file, { readOnly });
  return { connection, runner: new StatementRunner(connection) };
}

function execute({ sql, parameters, kind }: StatementRequest): StatementResult {
  opened ??= open();
  const { connection, runner } = opened;
  if (kind === 'read') return runner.run(sql, parameters);
  if (kind === 'begin') {
    if (connection.isTransaction) connection.exec('ROLLBACK');
    connection.exec('BEGIN IMMEDIATE');
    return NO_ROWS;
  }
  if (!connection.isTransaction) throw new Error('The transaction was undone by an earlier failure');
  if (kind === 'write') return runner.run(sql, parameters);
  connection.exec(sql);
  return NO_ROWS;
}
