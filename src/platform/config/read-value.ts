import type { z } from 'zod';
import { type Candidate, placeOf } from './collect-candidates.ts';
import type { ConfigProblem } from './problem.ts';
import { Secret } from './secret.ts';

/** Checks a value and turns it into the one that the code uses; undefined when there are problems. */
export function readValue(
  schema: z.ZodType,
  candidate: Candidate,
): { readonly value: unknown; readonly problems: readonly ConfigProblem[] } {
  const result = schema.safeParse(candidate.value);
  // A password like `12345` or `yes` is a text although YAML reads it as something else.
  const literal = candidate.text === undefined ? undefined : schema.safeParse(candidate.text);
  const isText = literal?.success === true && (literal.data instanceof Secret || !result.success);
  if (isText) return { value: literal.data, problems: [] };
  if (result.success) return { value: result.data, problems: [] };
  const problems = result.error.issues.map(({ path, message }) => ({ ...placeOf(candidate, path), message }));
  return { value: undefined, problems };
}
