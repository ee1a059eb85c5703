import type { Context } from 'hono';
import type { z } from 'zod';
import { AppError } from '../kernel/errors.ts';
import { type PipelineEnv, readBody } from '../platform/http/index.ts';

/** Longest accepted JSON body, in bytes. */
const BODY_MAX = 1024 * 1024;

const JSON_TYPE = /^application\/(?:[a-z0-9.-]+\+)?json *(?:;|$)/i;

/**
 * Reads and checks a JSON body. It must be called JSON: then no form or script of a foreign web page can send it (a browser
 * asks first, and we do not agree). Errors: INVALID_REQUEST that lists every fault with its path.
 */
export async function readJson<T>(context: Context<PipelineEnv>, schema: z.ZodType<T>): Promise<T> {
  if (!JSON_TYPE.test(context.req.header('Content-Type') ?? '')) {
    throw new AppError('INVALID_REQUEST', 'The body must be sent with "Content-Type: application/json"');
  }
  const body = await readBody(
    context.env.context,
    BODY_MAX,
    () => new AppError('INVALID_REQUEST', `The body may have ${BODY_MAX} bytes`),
  );
  const result = schema.safeParse(parse(body.toString('utf8')));
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`);
  throw new AppError('INVALID_REQUEST', faults.join('; '));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AppError('INVALID_REQUEST', 'The body is not valid JSON', { cause: error });
  }
}
