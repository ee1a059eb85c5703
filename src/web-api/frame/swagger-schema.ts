import type { Json } from './describe-schema.ts';

/** What a schema of Swagger 2.0 may say, of all that JSON Schema can. */
const KNOWN = new Set(
  `$ref title description default format enum items properties required allOf multipleOf maximum exclusiveMaximum minimum
  exclusiveMinimum maxLength minLength pattern maxItems minItems uniqueItems maxProperties minProperties additionalProperties
  example`.split(/\s+/),
);

/**
 * A schema in the words of Swagger 2.0, which has no alternatives: a value that may be null says so in `x-nullable`; one that may be
 * of several kinds may be anything.
 */
export function swaggerSchema(schema: Json): Json {
  const choices = [schema['anyOf'], schema['oneOf']].find((one) => Array.isArray(one)) as readonly Json[] | undefined;
  const { anyOf: _anyOf, oneOf: _oneOf, ...rest } = schema;
  if (choices !== undefined) {
    const others = choices.filter(({ type }) => type !== 'null');
    const [only] = others;
    const nullable = others.length < choices.length ? { 'x-nullable': true } : {};
    return {
      ...(others.length === 1 && only !== undefined ? swaggerSchema(only) : {}),
      ...swaggerSchema(rest),
      ...nullable,
    };
  }
  const known = Object.entries(rest).filter(([key]) => KNOWN.has(key) || key.startsWith('x-'));
  const fixed = 'const' in rest ? { enum: [rest['const']] } : {};
  return {
    ...typeOf(rest['type']),
    ...Object.fromEntries(known.map(([key, value]) => [key, inside(key, value)])),
    ...fixed,
  };
}

/** One type; several are alternatives too. */
function typeOf(type: unknown): Json {
  if (!Array.isArray(type)) return type === undefined ? {} : { type };
  const [only, ...others] = type.filter((one) => one !== 'null') as readonly string[];
  return {
    ...(only === undefined || others.length > 0 ? {} : { type: only }),
    ...(type.includes('null') ? { 'x-nullable': true } : {}),
  };
}

function inside(key: string, value: unknown): unknown {
  if (key === 'items' || key === 'additionalProperties') return isJson(value) ? swaggerSchema(value) : value;
  if (key === 'properties' && isJson(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, property]) => [name, isJson(property) ? swaggerSchema(property) : property]),
    );
  }
  return key === 'allOf' && Array.isArray(value)
    ? value.map((one: unknown) => (isJson(one) ? swaggerSchema(one) : one))
    : value;
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
