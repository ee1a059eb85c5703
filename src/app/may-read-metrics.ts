import { equalSecrets } from '../platform/crypto/index.ts';
import { createAddressRanges, isFromThisMachine, type RequestContext } from '../platform/http/index.ts';

/** Who may read the metrics: they tell who uses the registry how. */
export interface MetricsAccess {
  /** METRICS_TOKEN. */
  readonly token: string | undefined;
  /** METRICS_ALLOWED_CIDR. */
  readonly allowedCidrs: readonly string[];
  /** Whoever reaches the port may read: a port of their own that the operator has opened without further rules. */
  readonly open: boolean;
}

type Caller = Pick<RequestContext, 'req' | 'isProxied' | 'clientAddress'>;

/**
 * Decides about each request: `ask` is for one that a token could help. Programs on this machine may always read, which a
 * stranger behind a proxy that is not trusted does not become by the address of that proxy.
 */
export function createMetricsGuard(access: MetricsAccess): (caller: Caller) => 'allow' | 'ask' | 'refuse' {
  const isAllowedAddress = createAddressRanges(access.allowedCidrs);
  return (caller) => {
    if (access.open || isFromThisMachine(caller)) return 'allow';
    if (isAllowedAddress(caller.clientAddress) && !isHiddenBehindProxy(caller)) return 'allow';
    const { token } = access;
    if (token === undefined) return 'refuse';
    const given = /^bearer +(\S+) *$/i.exec(caller.req.headers.authorization ?? '')?.[1];
    return given !== undefined && equalSecrets(given, token) ? 'allow' : 'ask';
  };
}

const FORWARDING = ['forwarded', 'via', 'x-forwarded-for', 'x-real-ip'];

/** Whether a proxy has passed the request on whose word about the client is not taken: then the address is the proxy's. */
function isHiddenBehindProxy({ req, clientAddress }: Caller): boolean {
  const peer = (req.socket.remoteAddress ?? '').replace(/^::ffff:(?=.*\.)/, '');
  return clientAddress === peer && FORWARDING.some((name) => req.headers[name] !== undefined);
}
