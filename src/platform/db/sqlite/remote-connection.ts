import { Worker } from 'node:worker_threads';
import { AppError } from '../../../kernel/errors.ts';
import { workerEntry } from '../../worker-entry.ts';
import { sqliteError } from '../errors.ts';
import { toFailure } from './failure.ts';
import type { ConnectionWorkerData, StatementReply, StatementRequest } from './messages.ts';
import type { StatementResult } from './statement.ts';

interface Waiting {
  readonly resolve: (result: StatementResult) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A connection in a worker thread. Statements are answered in the order they were sent. When the thread ends by itself,
 * what it had not answered is rejected with DATABASE_UNAVAILABLE, and the next statement starts a new one.
 */
export class RemoteConnection {
  readonly #data: ConnectionWorkerData;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #nextId = 1;
  #closed = false;

  constructor(data: ConnectionWorkerData) {
    this.#data = data;
    this.#worker = this.#start();
  }

  /** Opens a write transaction, waiting for one of another process; undoes one that a failure may have left open. */
  begin(): Promise<StatementResult> {
    return this.#send('begin', '', []);
  }

  /** Runs a statement: on a read-only connection by itself, on a writer inside the open transaction. */
  run(sql: string, parameters: readonly unknown[]): Promise<StatementResult> {
    return this.#send(this.#data.readOnly ? 'read' : 'write', sql, parameters);
  }

  /** Runs statements without parameters inside the open transaction. */
  inTransaction(script: string): Promise<StatementResult> {
    return this.#send('script', script, []);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#worker;
    if (worker === undefined) return;
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    worker.ref();
    worker.postMessage('close');
    await ended;
  }

  #start(): Worker {
    const worker = new Worker(workerEntry('sqlite-connection', import.meta.url), {
      name: this.#data.readOnly ? 'database-reader' : 'database-writer',
      workerData: this.#data,
    });
    worker.on('message', (reply: StatementReply) => this.#settle(worker, reply));
    worker.on('error', (error) => this.#end(worker, error));
    worker.on('exit', () => this.#end(worker, new Error('The thread of the database has ended')));
    worker.unref();
    return worker;
  }

  #send(kind: StatementRequest['kind'], sql: string, parameters: readonly unknown[]): Promise<StatementResult> {
    if (this.#closed) return Promise.reject(new AppError('SHUTTING_DOWN', 'The server is shutting down'));
    const worker = (this.#worker ??= this.#start());
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      // An unanswered statement keeps the process alive; an idle connection does not.
      if (this.#waiting.size === 0) worker.ref();
      this.#waiting.set(id, { resolve, reject });
      try {
        worker.postMessage({ id, sql, parameters, kind } satisfies StatementRequest);
      } catch (error) {
        this.#waiting.delete(id);
        reject(error);
      }
    });
  }

  #settle(worker: Worker, reply: StatementReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) worker.unref();
    if ('error' in reply) waiting?.reject(sqliteError(reply.error));
    else waiting?.resolve(reply.result);
  }

  #end(worker: Worker, cause: unknown): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    const failure = toFailure(cause);
    const translated = failure.errcode === 0 ? undefined : sqliteError(failure);
    const error =
      translated instanceof AppError
        ? translated
        : new AppError('DATABASE_UNAVAILABLE', 'The thread of the database has ended; try again', { cause });
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}
