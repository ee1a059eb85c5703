import type { Context } from 'hono';
import type { z } from 'zod';
import { AppError } from '../kernel/errors.ts';
import type { PipelineEnv } from '../platform/http/index.ts';

/** Longest accepted JSON body, in bytes. */
const BODY_MAX = 1024 * 1024;

/** Reads and checks a JSON body. Errors: INVALID_REQUEST that lists every fault with its path. */
export async function readJson<T>(context: Context<PipelineEnv>, schema: z.ZodType<T>): Promise<T> {
  context.env.context.acceptBody();
  const result = schema.safeParse(parse(await readText(context)));
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`);
  throw new AppError('INVALID_REQUEST', faults.join('; '));
}

async function readText(context: Context<PipelineEnv>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of context.env.context.req) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > BODY_MAX) throw new AppError('INVALID_REQUEST', `The body is larger than ${BODY_MAX} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AppError('INVALID_REQUEST', 'The body is not valid JSON', { cause: error });
  }
}
