import { type OutgoingHttpHeader, type OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { RequestScope } from './request-scope.ts';

type HeaderSource = OutgoingHttpHeaders | OutgoingHttpHeader[];

/**
 * A response that joins the fixed headers of its mount to those of the handler when the head is written. Setting them one by
 * one beforehand would cost more than answering a small request does.
 */
export class MountedResponse extends ServerResponse {
  /** Set by the pipeline before anything can be answered. */
  scope: RequestScope | undefined = undefined;

  override writeHead(status: number, reasonOrHeaders?: string | HeaderSource, headers?: HeaderSource): this {
    const scope = this.scope;
    const given = typeof reasonOrHeaders === 'string' ? headers : reasonOrHeaders;
    if (scope === undefined) return super.writeHead(status, given);
    if (scope.server.draining) this.shouldKeepAlive = false;
    const fixed = scope.fixedHeaders;
    const list: OutgoingHttpHeader[] = ['X-Request-Id', scope.id];
    for (let index = 0; index < fixed.length; index++) list.push(fixed[index] ?? '');
    appendHeaders(list, given);
    return super.writeHead(status, list);
  }
}

function appendHeaders(list: OutgoingHttpHeader[], given: HeaderSource | undefined): void {
  if (given === undefined) return;
  if (Array.isArray(given)) {
    for (let index = 0; index < given.length; index++) list.push(given[index] ?? '');
    return;
  }
  for (const name of Object.keys(given)) {
    const value = given[name];
    if (value !== undefined) list.push(name, value);
  }
}
