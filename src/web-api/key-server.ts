import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import type { KeyServer, KeyState } from '../identity/index.ts';
import { AppError } from '../kernel/errors.ts';
import { readBody, type RequestContext, type RequestHandler } from '../platform/http/index.ts';

/** Longest accepted key, in bytes. */
const BODY_MAX = 16_384;
/** How long verifiers may keep a key, in seconds: a key that is deleted is believed for no longer. */
const KEEP_SECONDS = 3600;
/** The list changes with each rotation of the registry's own keys. */
const KEEP_LIST_SECONDS = 60;
const USER_AGENT_MAX = 200;

const PATH = /^\/keys\/services\/([^/]+)\/keys(?:\/([^/]+))?\/?$/;

const PARAMETERS = z.object({
  expiration: z.coerce.number({ error: 'write seconds since 1970' }).positive().max(253_402_300_799).optional(),
  rotation: z.coerce.number({ error: 'write seconds' }).int().min(1).max(315_360_000).optional(),
});

/**
 * Quay's key server, `/keys/services/<service>/keys[/<kid>]`: where services tell their public keys and find those of others. Errors
 * of GET: NOT_FOUND, SERVICE_KEY_UNAPPROVED, DENIED for a key that has expired.
 */
export function createKeyServerHandler(ports: {
  readonly keyServer: KeyServer;
  readonly now: () => number;
  /** REGISTRY_STATE is `readonly`. */
  readonly readOnly: boolean;
}): RequestHandler {
  return async (context) => {
    const { service, kid } = addressed(context.path);
    const { method } = context;
    const allowed = kid === undefined ? ['GET', 'HEAD'] : ['GET', 'HEAD', 'PUT', 'DELETE'];
    if (!allowed.includes(method)) {
      const allow = allowed.join(', ');
      throw new AppError('UNSUPPORTED', `"${method.slice(0, 20)}" is not possible here; use ${allow}`, {
        headers: { Allow: allow },
      });
    }
    if (kid === undefined) {
      sendJson(context, { keys: await ports.keyServer.list(service) }, KEEP_LIST_SECONDS);
    } else if (method === 'GET' || method === 'HEAD') {
      sendKey(context, await ports.keyServer.find(service, kid), ports.now());
    } else {
      if (ports.readOnly) throw new AppError('READ_ONLY', 'The registry is in read-only mode; no key can be changed');
      await change(ports.keyServer, context, service, kid);
    }
  };
}

async function change(keys: KeyServer, context: RequestContext, service: string, kid: string): Promise<void> {
  const { req, res } = context;
  const userAgent = req.headers['user-agent']?.slice(0, USER_AGENT_MAX);
  const client = { address: context.clientAddress, userAgent };
  const request = { service, kid, authorization: req.headers.authorization, client };
  if (context.method === 'DELETE') {
    await keys.remove(request);
    sendEmpty(res, 204);
    return;
  }
  const { expiration, rotation } = readParameters(context.query);
  const outcome = await keys.put({
    ...request,
    jwk: await readJwk(context),
    expiresAt: expiration === undefined ? undefined : Math.round(expiration * 1000),
    rotationSeconds: rotation,
  });
  sendEmpty(res, outcome === 'waits' ? 202 : 200);
}

/** Errors: NOT_FOUND. */
function addressed(path: string): { readonly service: string; readonly kid: string | undefined } {
  const [, service, kid] = PATH.exec(path) ?? [];
  if (service === undefined) throw new AppError('NOT_FOUND', 'There is no such page');
  try {
    return {
      service: decodeURIComponent(service),
      kid: kid === undefined ? undefined : decodeURIComponent(kid),
    };
  } catch (cause) {
    throw new AppError('INVALID_REQUEST', 'The address is not percent-encoded correctly', { cause });
  }
}

/** Errors: INVALID_REQUEST. */
function readParameters(query: string): z.infer<typeof PARAMETERS> {
  const result = PARAMETERS.safeParse(Object.fromEntries(new URLSearchParams(query)));
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new AppError('INVALID_REQUEST', faults.join('; '));
}

/** Errors: INVALID_REQUEST. */
async function readJwk(context: RequestContext): Promise<unknown> {
  const body = await readBody(context, BODY_MAX, () => {
    return new AppError('INVALID_REQUEST', `The key may have ${BODY_MAX} bytes`);
  });
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (cause) {
    throw new AppError('INVALID_REQUEST', 'The body must be a JSON Web Key (RFC 7517)', { cause });
  }
}

/** Errors: NOT_FOUND, SERVICE_KEY_UNAPPROVED, DENIED. */
function sendKey(context: RequestContext, key: KeyState, now: number): void {
  switch (key.state) {
    case 'unknown':
      throw new AppError('NOT_FOUND', 'The service has no such key');
    case 'unapproved':
      throw new AppError('SERVICE_KEY_UNAPPROVED', 'The key waits for the approval of a superuser');
    case 'expired':
      throw new AppError('DENIED', 'The key has expired');
    case 'valid': {
      const left = key.expiresAt === undefined ? KEEP_SECONDS : Math.floor((key.expiresAt - now) / 1000);
      sendJson(context, key.jwk, Math.max(0, Math.min(KEEP_SECONDS, left)));
      break;
    }
    default:
      throw new Error(`There is no such state: ${JSON.stringify(key satisfies never)}`);
  }
}

function sendJson({ res, method }: RequestContext, body: unknown, keepSeconds: number): void {
  const bytes = Buffer.from(JSON.stringify(body));
  res.writeHead(200, {
    'Content-Type': 'application/json',
    'Content-Length': bytes.length,
    'Cache-Control': `public, max-age=${keepSeconds}`,
  });
  res.end(method === 'HEAD' ? undefined : bytes);
}

function sendEmpty(res: ServerResponse, status: number): void {
  res.writeHead(status, { 'Cache-Control': 'no-store', ...(status === 204 ? {} : { 'Content-Length': 0 }) });
  res.end();
}
