import { AppError } from '../kernel/errors.ts';
import type { RequestContext, RequestHandler } from '../platform/http/index.ts';
import { answer, type Answer, sendAnswer } from './frame/answer.ts';
import { actorOf, findCaller } from './frame/find-caller.ts';
import type { WebApiPorts } from './ports.ts';

/**
 * The addresses below `/.well-known` (RFC 8615): what programs that know Quay may ask of this registry, and where people change
 * their password (https://w3c.github.io/webappsec-change-password-url/).
 */
export function createWellKnownHandler(
  ports: Pick<WebApiPorts, 'sessions' | 'authenticateAccessToken' | 'cookie'>,
): RequestHandler {
  const answers: Readonly<Record<string, (context: RequestContext) => Answer | Promise<Answer>>> = {
    '/.well-known/app-capabilities': ({ origin }) => answer(capabilities(origin)),
    '/.well-known/change-password': async (context) => {
      const actor = actorOf(await findCaller({ ...ports, cookieName: ports.cookie.name }, context));
      const page = actor.kind === 'user' ? `/user/${actor.name}?tab=settings` : '/signin';
      return { status: 302, headers: { Location: page } };
    },
  };
  return async (context) => {
    const { method, path, res } = context;
    const find = Object.hasOwn(answers, path) ? answers[path] : undefined;
    if (find === undefined) throw new AppError('NOT_FOUND', 'There is no such page');
    if (method !== 'GET' && method !== 'HEAD') {
      throw new AppError('UNSUPPORTED', `"${method.slice(0, 20)}" is not possible here; use GET`, {
        headers: { Allow: 'GET, HEAD' },
      });
    }
    sendAnswer(res, await find(context), [], method === 'GET');
  };
}

/** Templates of addresses under the names that Quay's operator for clusters looks for. */
function capabilities(origin: string): unknown {
  const repository = `${origin}/api/v1/repository/{namespace}/{reponame}`;
  return {
    appName: 'io.quay',
    capabilities: {
      'io.quay.view-image': { 'url-template': `${origin}/{namespace}/{reponame}:{tag}` },
      'io.quay.image-security': { 'rest-api-template': `${repository}/image/{imageid}/security`, deprecated: true },
      'io.quay.manifest-security': { 'rest-api-template': `${repository}/manifest/{digest}/security` },
    },
  };
}
