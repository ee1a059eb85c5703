import { z } from 'zod';
import { anyCase, durationMs, sizeBytes } from '../schemas.ts';

/** What a value is at its outermost, for comparing a key's type here with the one that a slice declares. */
export type KeyFamily = 'boolean' | 'integer' | 'number' | 'text' | 'duration' | 'size' | 'list' | 'object' | 'any';

/** The type of a key that no slice declares. */
export interface KeyType {
  readonly family: KeyFamily;
  /** As the manual prints it. */
  readonly text: string;
  /** Values are never shown. */
  readonly secret?: true;
  /** Made when it is needed: few files set many of the keys. */
  readonly schema: () => z.ZodType;
}

export const BOOLEAN: KeyType = {
  family: 'boolean',
  text: 'true or false',
  schema: () => z.boolean({ error: 'write true or false' }),
};

export const INTEGER: KeyType = {
  family: 'integer',
  text: 'whole number',
  schema: () => z.int({ error: 'write a whole number' }),
};

export const NUMBER: KeyType = {
  family: 'number',
  text: 'number',
  schema: () => z.number({ error: 'write a number' }),
};

export const TEXT: KeyType = {
  family: 'text',
  text: 'text',
  schema: () => z.string({ error: 'write a text; numbers, dates and yes or no need quotes to be one' }),
};

export const SECRET: KeyType = { ...TEXT, text: 'secret text', secret: true };

export const DURATION: KeyType = { family: 'duration', text: 'duration', schema: durationMs };

export const SIZE: KeyType = { family: 'size', text: 'size', schema: sizeBytes };

export const ANY: KeyType = { family: 'any', text: 'anything', schema: () => z.unknown() };

/** One of some words. */
export function choice(...words: readonly [string, ...string[]]): KeyType {
  const text = `one of ${words.join(', ')}`;
  return { family: 'text', text, schema: () => z.enum(words, { error: `write ${text}` }) };
}

export function listOf(item: KeyType): KeyType {
  return {
    family: 'list',
    text: `list of ${item.text}`,
    ...(item.secret === undefined ? {} : { secret: item.secret }),
    schema: () => z.array(item.schema(), { error: 'write a list: [first, second]' }),
  };
}

/** Names of one's own, each with a value of the type. */
export function mapOf(value: KeyType): KeyType {
  return {
    family: 'object',
    text: `map to ${value.text}`,
    schema: () => z.record(z.string(), value.schema(), { error: 'write a map: {name: value}' }),
  };
}

/** Fields of which each may be missing; other fields are let through, for Quay and its drivers have more than are known here. */
export function object(fields: Readonly<Record<string, KeyType>>): KeyType {
  return {
    family: 'object',
    text: `object {${Object.keys(fields).join(', ')}}`,
    schema: () => {
      const entries = Object.entries(fields).map(([name, type]) => [name, type.schema().nullish()] as const);
      return anyCase(Object.fromEntries(entries));
    },
  };
}

/** Either type, the first first. */
export function either(first: KeyType, second: KeyType): KeyType {
  const hint = `write ${first.text} or ${second.text}`;
  return {
    family: first.family === second.family ? first.family : 'any',
    text: `${first.text} or ${second.text}`,
    schema: () => z.union([first.schema(), second.schema()], { error: hint }),
  };
}

export const TEXTS: KeyType = listOf(TEXT);
export const TEXT_OR_TEXTS: KeyType = either(TEXT, TEXTS);

/** Where a Redis is. */
export const REDIS: KeyType = object({
  host: TEXT,
  port: INTEGER,
  password: SECRET,
  db: INTEGER,
  ssl: BOOLEAN,
});
