import type { z } from 'zod';
import { type Candidate, placeOf } from './collect-candidates.ts';
import type { ConfigProblem } from './problem.ts';
import { Secret } from './secret.ts';

/** Checks a value and turns it into the one that the code uses; undefined when there are problems. */
export function readValue(
  schema: z.ZodType,
  candidate: Candidate,
): { readonly value: unknown; readonly problems: readonly ConfigProblem[] } {
  const result = schema.safeParse(candidate.value, { error: remedyFor });
  // A password like `12345` or `yes` is a text although YAML reads it as something else.
  const literal = candidate.text === undefined ? undefined : schema.safeParse(candidate.text, { error: remedyFor });
  const isText = literal?.success === true && (literal.data instanceof Secret || !result.success);
  if (isText) return { value: literal.data, problems: [] };
  if (result.success) return { value: result.data, problems: [] };
  const problems = result.error.issues.map(({ path, message }) => ({ ...placeOf(candidate, path), message }));
  return { value: undefined, problems };
}

/** What to write, by what zod expected. */
const TYPES: Readonly<Record<string, string>> = {
  boolean: 'write true or false',
  int: 'write a whole number',
  number: 'write a number',
  string: 'write a text; numbers, dates and yes or no need quotes to be one',
  array: 'write a list: [first, second]',
  object: 'write {name: value}',
  record: 'write {name: value}',
};

/** Says what to do where a schema has no message of its own; undefined leaves that of zod. */
function remedyFor(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type') return TYPES[issue.expected];
  if (issue.code === 'invalid_value') return `write one of ${issue.values.map(String).join(', ')}`;
  if (issue.code === 'too_small') return `write ${issue.minimum} ${UNITS[issue.origin] ?? ''}or more`;
  if (issue.code === 'too_big') return `write ${issue.maximum} ${UNITS[issue.origin] ?? ''}or less`;
  return undefined;
}

const UNITS: Readonly<Record<string, string>> = { string: 'characters ', array: 'entries ' };
