import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { AppError } from '../../kernel/errors.ts';
import { type RequestContext, readBody } from '../../platform/http/index.ts';
import { isDeeperThan } from './json-depth.ts';

/** Longest accepted JSON body, in bytes. */
export const BODY_MAX = 1024 * 1024;

/** Deepest accepted nesting of a JSON body; what has no end cannot be checked, kept or printed. */
export const DEPTH_MAX = 32;

/** Most faults that are told of one request. */
const FAULTS_MAX = 20;

const JSON_TYPE = /^application\/(?:[a-z0-9.-]+\+)?json *(?:;|$)/i;

/** Every parameter is text; the schema of an operation turns it into what is meant. Of several the last counts. */
export function readParameters(parameters: URLSearchParams, schema: z.ZodType): unknown {
  return check(schema, Object.fromEntries(parameters), 'parameter');
}

/**
 * Reads and checks a JSON body. It must be called JSON: then no form of a foreign web page can send it. Of several members with the
 * same name the last counts. Errors: INVALID_REQUEST that lists every fault with its path.
 */
export async function readJson(context: RequestContext, schema: z.ZodType): Promise<unknown> {
  if (!hasBody(context.req) && schema.safeParse(undefined).success) return undefined;
  if (!JSON_TYPE.test(context.req.headers['content-type'] ?? '')) {
    throw new AppError('INVALID_REQUEST', 'The body must be sent with "Content-Type: application/json"');
  }
  const body = await readBody(context, BODY_MAX, () => {
    return new AppError('INVALID_REQUEST', `The body may have ${BODY_MAX} bytes`);
  });
  return check(schema, parse(body.toString('utf8')), 'body');
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function check(schema: z.ZodType, value: unknown, what: string): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { issues } = result.error;
  const faults = issues.slice(0, FAULTS_MAX).map((issue) => `${issue.path.join('.') || what}: ${issue.message}`);
  const more = issues.length > faults.length ? [`and ${issues.length - faults.length} more faults`] : [];
  throw new AppError('INVALID_REQUEST', [...faults, ...more].join('; '));
}

function parse(text: string): unknown {
  if (isDeeperThan(text, DEPTH_MAX)) {
    throw new AppError('INVALID_REQUEST', `The body may be nested ${DEPTH_MAX} levels deep`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AppError('INVALID_REQUEST', 'The body is not valid JSON', { cause: error });
  }
}
