import { Worker } from 'node:worker_threads';
import { AppError } from '../../../kernel/errors.ts';
import { workerEntry } from '../../worker-entry.ts';
import { sqliteError } from '../errors.ts';
import type { ConnectionWorkerData, StatementReply, StatementRequest } from './messages.ts';
import type { StatementResult } from './statement.ts';

interface Waiting {
  readonly resolve: (result: StatementResult) => void;
  readonly reject: (error: unknown) => void;
}

/** A connection in a worker thread. Statements are answered in the order they were sent. */
export class RemoteConnection {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #dead: AppError | undefined;

  constructor(data: ConnectionWorkerData) {
    this.#worker = new Worker(workerEntry('sqlite-connection', import.meta.url), { workerData: data });
    this.#worker.on('message', (reply: StatementReply) => this.#settle(reply));
    this.#worker.on('error', (error) => this.#die(error));
    this.#worker.on('exit', () => this.#die(new Error('the database thread has ended')));
    this.#worker.unref();
  }

  run(
    sql: string,
    parameters: readonly unknown[] = [],
    kind: StatementRequest['kind'] = 'statement',
  ): Promise<StatementResult> {
    if (this.#dead !== undefined) return Promise.reject(this.#dead);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      // An unanswered statement keeps the process alive; an idle connection does not.
      if (this.#waiting.size === 0) this.#worker.ref();
      this.#waiting.set(id, { resolve, reject });
      try {
        this.#worker.postMessage({ id, sql, parameters, kind } satisfies StatementRequest);
      } catch (error) {
        this.#waiting.delete(id);
        reject(error);
      }
    });
  }

  script(sql: string): Promise<StatementResult> {
    return this.run(sql, [], 'script');
  }

  async close(): Promise<void> {
    if (this.#dead !== undefined) return;
    const ended = new Promise<void>((resolve) => this.#worker.once('exit', () => resolve()));
    this.#worker.ref();
    this.#worker.postMessage('close');
    await ended;
  }

  #settle(reply: StatementReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if ('error' in reply) waiting?.reject(sqliteError(reply.error));
    else waiting?.resolve(reply.result);
  }

  #die(cause: unknown): void {
    this.#dead ??= new AppError('DATABASE_UNAVAILABLE', 'The database has stopped; restart the server', { cause });
    for (const waiting of this.#waiting.values()) waiting.reject(this.#dead);
    this.#waiting.clear();
  }
}
