import { AppError } from '../../kernel/errors.ts';
import { readBody, type RequestContext } from '../../platform/http/index.ts';

/** Parameters of a request by name. */
export type Fields = ReadonlyMap<string, string>;

const FORM_MAX_BYTES = 65_536;
const FORM_TYPE = 'application/x-www-form-urlencoded';

/** Reads what stands behind `?`. Errors: INVALID_REQUEST for a parameter that is there twice (RFC 6749 §3.1). */
export function readQuery({ query }: Pick<RequestContext, 'query'>): Fields {
  return once(new URLSearchParams(query));
}

/** Reads a form of at most 64 KiB. Errors: INVALID_REQUEST for another type, a larger body, or a field that is there twice. */
export async function readForm(context: RequestContext): Promise<Fields> {
  const { headers } = context.req;
  if (headers['content-length'] === '0' || (headers['content-length'] ?? headers['transfer-encoding']) === undefined) {
    return new Map();
  }
  if ((headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() !== FORM_TYPE) {
    throw new AppError('INVALID_REQUEST', `The body must be sent as ${FORM_TYPE}`);
  }
  const body = await readBody(
    context,
    FORM_MAX_BYTES,
    () => new AppError('INVALID_REQUEST', `The form may have ${FORM_MAX_BYTES} bytes`),
  );
  return once(new URLSearchParams(body.toString('utf8')));
}

/** A form together with the parameters of its address. Errors: as {@link readForm}; what is in both must be the same. */
export async function readFormAndQuery(context: RequestContext): Promise<Fields> {
  const [query, form] = [readQuery(context), await readForm(context)];
  for (const [name, value] of form) if ((query.get(name) ?? value) !== value) throw twice(name);
  return new Map([...query, ...form]);
}

function once(parameters: URLSearchParams): Fields {
  const fields = new Map<string, string>();
  for (const [name, value] of parameters) {
    if (fields.has(name)) throw twice(name);
    fields.set(name, value);
  }
  return fields;
}

function twice(name: string): AppError {
  return new AppError('INVALID_REQUEST', `The parameter "${name.slice(0, 64)}" is there twice; send it once`);
}
