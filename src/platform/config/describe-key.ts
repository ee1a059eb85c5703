import { z } from 'zod';
import type { ConfigField, ConfigPieces } from './define-config.ts';
import { findQuayKey, KEY_TOPICS, type QuayKey, quayKeyNames } from './quay-keys/find-quay-key.ts';
import type { KeyFamily } from './quay-keys/key-type.ts';

/** Everything that can be told of a key without looking at a configuration. */
export interface KeyDescription {
  readonly key: string;
  /** What it is about, for grouping. */
  readonly topic: string;
  readonly type: string;
  /** The type at its outermost, for comparing. */
  readonly family: KeyFamily;
  readonly unit?: string;
  readonly quayDefault?: unknown;
  /** Absent: none, or the key does not work yet. */
  readonly ourDefault?: unknown;
  readonly meaning: string;
  /** The slice that serves it or will. */
  readonly owner: string;
  readonly state: 'works' | 'planned' | 'obsolete';
  readonly reload: 'live' | 'restart';
  /** Quay has no such key. */
  readonly ours: boolean;
  /** What running without it means, where `START_WITHOUT` may name it. */
  readonly without?: string;
  /** A value that asks for something stops the start as long as the key does not work. */
  readonly stopsStart: boolean;
}

export const OWN_TOPIC = "Gantry's own";

/** The topics in the order of the manual. */
export function keyTopics(): readonly string[] {
  return [OWN_TOPIC, ...KEY_TOPICS.map(({ title }) => title)];
}

/** Every key there is: those that slices declare and those of Quay, sorted by name. */
export function describeKeys(pieces: ConfigPieces): readonly KeyDescription[] {
  const declared = Object.values(pieces).flatMap((fields) => Object.keys(fields));
  const names = new Set([...declared, ...quayKeyNames(), '<NAME>_LOGIN_CONFIG']);
  return [...names].toSorted().flatMap((name) => describeKey(name, pieces) ?? []);
}

/** @returns undefined when there is no such key. What a slice declares outranks what is known of Quay's key. */
export function describeKey(key: string, pieces: ConfigPieces): KeyDescription | undefined {
  const quay = findQuayKey(key);
  const owner = Object.keys(pieces).find((name) => Object.hasOwn(pieces[name] ?? {}, key));
  const field = owner === undefined ? undefined : pieces[owner]?.[key];
  if (owner !== undefined && field !== undefined) return describeDeclared(key, owner, field, quay);
  if (quay === undefined) return undefined;
  return {
    key,
    topic: quay.topic,
    type: quay.type.text,
    family: quay.type.family,
    ...(quay.unit === undefined ? {} : { unit: quay.unit }),
    ...(quay.quay === undefined ? {} : { quayDefault: quay.quay }),
    meaning: quay.meaning,
    owner: quay.owner,
    state: quay.obsolete === true ? 'obsolete' : 'planned',
    reload: 'restart',
    ours: false,
    ...(quay.stopsStart?.without === undefined ? {} : { without: quay.stopsStart.without }),
    stopsStart: quay.stopsStart !== undefined,
  };
}

function describeDeclared(key: string, owner: string, field: ConfigField, quay: QuayKey | undefined): KeyDescription {
  const { family, text } = describeSchema(field.schema);
  const quayDefault = quay?.quay ?? field.quayDefault;
  const unit = field.unit ?? quay?.unit;
  return {
    key,
    topic: quay?.topic ?? OWN_TOPIC,
    // A schema that reads its value by itself does not tell what it takes.
    type: family === 'any' ? (quay?.type.text ?? text) : text,
    family,
    ...(unit === undefined ? {} : { unit }),
    ...(quayDefault === undefined ? {} : { quayDefault }),
    ...(field.default === undefined ? {} : { ourDefault: field.default }),
    meaning: field.description,
    owner,
    state: 'works',
    reload: field.reload ?? 'restart',
    ours: field.ours === true,
    stopsStart: false,
  };
}

/** What a schema takes, in the words of the manual. */
export function describeSchema(schema: z.ZodType): { readonly family: KeyFamily; readonly text: string } {
  return describeJson(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));
}

function describeJson(json: z.core.JSONSchema.BaseSchema): { readonly family: KeyFamily; readonly text: string } {
  const quantity = json['quantity'];
  if (quantity === 'duration' || quantity === 'size') return { family: quantity, text: quantity };
  if (json['secret'] === true) return { family: 'text', text: 'secret text' };
  if (json.enum !== undefined) return { family: 'text', text: `one of ${json.enum.join(', ')}` };
  if (json.anyOf !== undefined) return describeChoice(json.anyOf);
  switch (json.type) {
    case 'boolean':
      return { family: 'boolean', text: 'true or false' };
    case 'integer':
      return { family: 'integer', text: `whole number${bounds(json)}` };
    case 'number':
      return { family: 'number', text: `number${bounds(json)}` };
    case 'string':
      return { family: 'text', text: 'text' };
    case 'array':
      return {
        family: 'list',
        text: `list of ${typeof json.items === 'object' && !Array.isArray(json.items) ? describeJson(json.items).text : 'values'}`,
      };
    case 'object':
      return { family: 'object', text: 'map' };
    case 'null':
    case undefined:
    default:
      return { family: 'any', text: 'anything' };
  }
}

function describeChoice(options: readonly z.core.JSONSchema.BaseSchema[]): { family: KeyFamily; text: string } {
  const described = options.map(describeJson).filter(({ family }) => family !== 'any');
  const families = new Set(described.map(({ family }) => family));
  const [only] = families;
  const text = [...new Set(described.map((option) => option.text))].join(' or ');
  return { family: families.size === 1 && only !== undefined ? only : 'any', text };
}

function bounds({ minimum, maximum }: z.core.JSONSchema.BaseSchema): string {
  const least = minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER ? undefined : minimum;
  const most = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? undefined : maximum;
  if (least !== undefined && most !== undefined) return ` from ${least} to ${most}`;
  if (least !== undefined) return `, ${least} or more`;
  return most === undefined ? '' : `, ${most} or less`;
}
