import type { Identity } from '../identity/index.ts';
import { systemClock } from '../kernel/clock.ts';
import type { RequestHandler } from '../platform/http/index.ts';
import {
  createRequestLimits,
  type RequestLimitSettings,
  type WeighedRequest,
  type WeighRequest,
} from '../platform/limits/index.ts';
import type { Logger } from '../platform/log/index.ts';
import { weighRegistryRequest } from '../registry/index.ts';
import { weighApiRequest } from '../web-api/index.ts';

/**
 * Puts the limits before the handlers of each part of the address space; health and metrics are none of them.
 * @param settings undefined: FEATURE_RATE_LIMITS is off, and the handlers are given back as they are
 */
export function limitRequests(
  handlers: ReadonlyMap<string, RequestHandler>,
  settings: RequestLimitSettings | undefined,
  libraryNamespace: string | undefined,
  ports: { readonly log: Logger; readonly registryTokens: Pick<Identity['registryTokens'], 'verify'> },
): ReadonlyMap<string, RequestHandler> {
  if (settings === undefined) return handlers;
  const limited = createRequestLimits(settings, {
    clock: systemClock,
    log: ports.log,
    isInternal: async (authorization) => {
      const token = /^bearer +([^ ]+) *$/i.exec(authorization)?.[1];
      return token !== undefined && (await ports.registryTokens.verify(token))?.internal === true;
    },
  });
  const weigh = (prefix: string): WeighRequest => {
    if (prefix === '/v2' || prefix === '/v1') return (context) => weighRegistryRequest(context, libraryNamespace);
    return prefix === '/api/v1' || prefix.startsWith('/oauth2/') ? weighApiRequest : () => WEB_PAGE;
  };
  return new Map([...handlers].map(([prefix, handler]) => [prefix, limited(handler, weigh(prefix))]));
}

const WEB_PAGE: WeighedRequest = { weight: 'very-light' };
