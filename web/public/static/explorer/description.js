/** @typedef {{ id: string, method: string, path: string, tag: string, summary: string, spec: Record<string, unknown>, parameters: Record<string, unknown>[] }} Operation */

let schemas = {};

/** Reads the description of the API. @returns {Promise<Operation[]>} */
export async function loadOperations() {
  const answer = await fetch('/api/v1/openapi.json?internal=true', {
    headers: { 'X-Requested-With': 'XMLHttpRequest' },
  });
  if (!answer.ok) throw new Error(`The description of the API could not be read (status ${answer.status})`);
  const description = await answer.json();
  schemas = description.components.schemas;
  return Object.entries(description.paths).flatMap(([path, item]) =>
    ['get', 'post', 'put', 'delete']
      .filter((method) => item[method] !== undefined)
      .map((method) => ({
        id: item[method].operationId,
        method: method.toUpperCase(),
        path,
        tag: item[method].tags[0],
        summary: item[method].summary,
        spec: item[method],
        parameters: [...(item.parameters ?? []), ...(item[method].parameters ?? [])],
      })),
  );
}

/** The schema of the body of an operation; undefined: it has none. */
export function bodySchema({ spec }) {
  return resolve(spec.requestBody?.content['application/json'].schema);
}

/** The schema of the successful answer, where it is described. */
export function answerSchema({ spec }) {
  const success = Object.entries(spec.responses).find(
    ([status, { content }]) => status < '300' && content !== undefined,
  );
  return resolve(success?.[1].content['application/json'].schema);
}

function resolve(schema) {
  return schema?.$ref === undefined ? schema : schemas[schema.$ref.split('/').at(-1)];
}

/** The least that a body must have, to be filled in. */
export function exampleOf(schema) {
  if (schema === undefined) return undefined;
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  const choice = schema.anyOf ?? schema.oneOf;
  if (choice !== undefined) return exampleOf(choice[0]);
  switch (schema.type) {
    case 'object':
      return Object.fromEntries((schema.required ?? []).map((name) => [name, exampleOf(schema.properties[name])]));
    case 'array':
      return [];
    case 'integer':
    case 'number':
      return Math.max(schema.minimum ?? 0, 0);
    case 'boolean':
      return false;
    case 'null':
      return null;
    default:
      return '';
  }
}

/** Type and bounds of a value in few words. */
export function typeOf(schema) {
  const choice = schema.anyOf ?? schema.oneOf;
  if (choice !== undefined) return choice.map(typeOf).join(' or ');
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(', ');
  const bounds = [
    schema.minimum === undefined || schema.minimum <= Number.MIN_SAFE_INTEGER ? undefined : `from ${schema.minimum}`,
    schema.maximum === undefined || schema.maximum >= Number.MAX_SAFE_INTEGER ? undefined : `to ${schema.maximum}`,
    schema.maxLength === undefined ? undefined : `at most ${schema.maxLength} characters`,
  ].filter((bound) => bound !== undefined);
  const type = schema.type === 'array' ? `list of ${typeOf(schema.items ?? {})}` : (schema.type ?? 'anything');
  return [Array.isArray(type) ? type.join(' or ') : type, ...bounds].join(' ');
}
