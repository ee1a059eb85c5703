import { randomBytes } from 'node:crypto';

/** Makes the id of the next request. */
export type RequestIds = () => string;

/**
 * Ids that are unique over all nodes and restarts: 10 random characters for the process, then a running number in base 36.
 * Random bytes for each request would cost more than all the rest of the pipeline.
 */
export function createRequestIds(): RequestIds {
  const prefix = `${BigInt(`0x${randomBytes(7).toString('hex')}`)
    .toString(36)
    .padStart(11, '0')
    .slice(-10)}-`;
  let last = 0;
  return () => prefix + (++last).toString(36);
}

const ACCEPTABLE = /^[\w.:/+=@-]{1,128}$/;

/** Whether an id sent by a proxy can be taken over: 1–128 characters that need no quoting anywhere. */
export function isAcceptableRequestId(text: string): boolean {
  return ACCEPTABLE.test(text);
}
