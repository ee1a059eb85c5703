import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { plainAddress, type ProxiedPeer } from './accept-proxied.ts';

/** How the client reached us. */
export interface ClientView {
  readonly address: string;
  readonly scheme: 'http' | 'https';
  /** Host with port, as the client wrote it. */
  readonly host: string;
}

/** Decides whose forwarding headers are believed. */
export interface ProxyTrust {
  /** Whether the sender of the request is a trusted proxy. */
  trusts(req: IncomingMessage): boolean;
  /** Whether the address is that of a trusted proxy. */
  trustsAddress(address: string): boolean;
  /** Whether the connection was announced by a PROXY protocol header. */
  isProxied(req: IncomingMessage): boolean;
  view(req: IncomingMessage): ClientView;
}

const HOST = /^(?:[\w.-]{1,253}|\[[0-9a-fA-F:.]{2,45}\])(?::\d{1,5})?$/;
/** Longest chain of proxies that is followed. */
const MAX_HOPS = 32;

export interface ProxyTrustOptions {
  /** How many proxies stand in front at most: of a longer chain only the nearest count. 0: no header is believed. */
  readonly maxHops?: number | undefined;
  /** Clients of connections that came over the PROXY protocol, by the socket of their requests. */
  readonly peers?: WeakMap<object, ProxiedPeer>;
}

/**
 * @param cidrs addresses or `address/bits` of the proxies in front; none are trusted when empty.
 * @throws Error naming the entry that is neither.
 */
export function createProxyTrust(cidrs: readonly string[], options: ProxyTrustOptions = {}): ProxyTrust {
  const { maxHops = MAX_HOPS, peers = new WeakMap<object, ProxiedPeer>() } = options;
  const proxies = new BlockList();
  for (const cidr of cidrs) addRange(proxies, cidr);
  const isProxy = (address: string): boolean => {
    const family = isIP(address);
    return family !== 0 && proxies.check(address, family === 6 ? 'ipv6' : 'ipv4');
  };
  const trusts = (req: IncomingMessage): boolean => {
    if (cidrs.length === 0 || maxHops === 0) return false;
    const peer = peers.get(req.socket);
    // What a proxy passes on without knowing whose it is may hold any header.
    if (peer !== undefined && peer.address === undefined) return false;
    return isProxy(peer?.address ?? peerAddress(req));
  };
  return {
    trusts,
    trustsAddress: isProxy,
    isProxied: (req) => peers.has(req.socket),
    view(req) {
      const direct = directView(req, peers.get(req.socket));
      return trusts(req) ? forwardedView(req, direct, (chain) => clientOf(chain.slice(-maxHops), isProxy)) : direct;
    },
  };
}

/** Adds an address or `address/bits` to the list; throws an Error naming the text when it is neither. */
export function addRange(list: BlockList, cidr: string): void {
  const [address = '', bits, ...rest] = cidr.trim().split('/');
  const family = isIP(address);
  const widest = family === 6 ? 128 : 32;
  const prefix = bits === undefined ? widest : Number(bits);
  if (family === 0 || rest.length > 0 || bits === '' || !Number.isInteger(prefix) || prefix < 0 || prefix > widest) {
    throw new Error(`"${cidr}" is not an address range; write it like "10.0.0.0/8"`);
  }
  list.addSubnet(address, prefix, family === 6 ? 'ipv6' : 'ipv4');
}

function peerAddress(req: IncomingMessage): string {
  return plainAddress(req.socket.remoteAddress ?? '');
}

function directView(req: IncomingMessage, peer: ProxiedPeer | undefined): ClientView {
  const encrypted = isEncrypted(req) || peer?.encrypted === true;
  return {
    address: peer?.address ?? peerAddress(req),
    scheme: encrypted ? 'https' : 'http',
    host: validHost(req.headers.host) ?? `${req.socket.localAddress ?? 'localhost'}:${req.socket.localPort ?? 80}`,
  };
}

/** Whether TLS ends here for this request. */
export function isEncrypted(req: IncomingMessage): boolean {
  return 'encrypted' in req.socket && req.socket.encrypted === true;
}

function forwardedView(
  req: IncomingMessage,
  direct: ClientView,
  nearestOf: (chain: readonly string[]) => string | undefined,
): ClientView {
  const { headers } = req;
  const chain = text(headers['x-forwarded-for']);
  const proto = text(headers['x-forwarded-proto']);
  const host = text(headers['x-forwarded-host']);
  // A proxy that writes the X- headers passes a client's own `Forwarded` on untouched: it counts only when alone.
  const hasOld = chain !== undefined || proto !== undefined || host !== undefined;
  const forwarded = hasOld ? [] : parseForwarded(text(headers['forwarded']) ?? '');
  const addresses = hasOld ? (chain ?? '').split(',') : forwarded.map((hop) => hop.get('for') ?? '');
  const first = forwarded[0];
  return {
    address: nearestOf(addresses) ?? direct.address,
    scheme: validScheme(hasOld ? proto : first?.get('proto')) ?? direct.scheme,
    host: validHost((hasOld ? host : first?.get('host'))?.split(',')[0]?.trim()) ?? direct.host,
  };
}

/** The address nearest to us that is not a trusted proxy: what stands left of it could be invented. */
function clientOf(addresses: readonly string[], isProxy: (address: string) => boolean): string | undefined {
  let nearest: string | undefined;
  for (const raw of addresses.toReversed()) {
    const address = plainAddress(stripPort(raw.trim()));
    if (isIP(address) === 0) return nearest;
    nearest = address;
    if (!isProxy(address)) return address;
  }
  return nearest;
}

function stripPort(text: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(text);
  if (bracketed?.[1] !== undefined) return bracketed[1];
  return isIP(text) === 0 ? text.replace(/:\d+$/, '') : text;
}

/** Hops of a `Forwarded` header (RFC 7239), the client's first. Quoted strings lose their quotes; malformed pairs are dropped. */
export function parseForwarded(header: string): ReadonlyMap<string, string>[] {
  return splitOutsideQuotes(header.slice(0, 4096), ',').map((element) => {
    const hop = new Map<string, string>();
    for (const pair of splitOutsideQuotes(element, ';')) {
      const equals = pair.indexOf('=');
      if (equals <= 0) continue;
      const value = pair.slice(equals + 1).trim();
      const quoted = value.length >= 2 && value.startsWith('"') && value.endsWith('"');
      hop.set(
        pair.slice(0, equals).trim().toLowerCase(),
        quoted ? value.slice(1, -1).replaceAll(/\\(.)/g, '$1') : value,
      );
    }
    return hop;
  });
}

function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index++) {
    const char = text[index];
    if (quoted && char === '\\') index++;
    else if (char === '"') quoted = !quoted;
    else if (!quoted && char === separator) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

function text(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(',') : value;
}

function validScheme(value: string | undefined): 'http' | 'https' | undefined {
  const scheme = value?.split(',')[0]?.trim().toLowerCase();
  return scheme === 'http' || scheme === 'https' ? scheme : undefined;
}

function validHost(value: string | undefined): string | undefined {
  return value !== undefined && HOST.test(value) ? value : undefined;
}
