import type { RequestContext } from './context.ts';

/** Headers by which proxies tell that they have passed a request on. */
const PROXY_HEADERS = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip'];
const THIS_MACHINE = /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(?::\d{1,5})?$/i;

const LOOPBACK = /^(?:::1|(?:::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3})$/;

/** Whether a program on this machine asks for this machine: {@link isAddressedHere} over the loopback interface. */
export function isFromThisMachine(context: Pick<RequestContext, 'req' | 'isProxied' | 'clientAddress'>): boolean {
  return LOOPBACK.test(context.clientAddress) && isAddressedHere(context);
}

/**
 * Whether the request was meant for this very machine and came without a proxy. Together with a loopback address of the client
 * that tells a user of the machine from a stranger behind a proxy that is not configured as trusted, and from a web page
 * whose name was made to mean this machine (DNS rebinding).
 */
export function isAddressedHere({ req, isProxied }: Pick<RequestContext, 'req' | 'isProxied'>): boolean {
  const { headers } = req;
  if (isProxied || PROXY_HEADERS.some((name) => headers[name] !== undefined)) return false;
  return headers.host === undefined || THIS_MACHINE.test(headers.host);
}
