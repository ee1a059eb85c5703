import { BlockList, isIP } from 'node:net';

/** IPv4 ranges that are not the public Internet (IANA special-purpose registry), metadata services among them. */
const CLOSED_IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
/** Of IPv6 only global unicast is public, and of that not documentation, Teredo, 6to4 and other special parts. */
const OPEN_IPV6 = ['2000::/3'];
const CLOSED_IPV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

/** Names that never mean a host on the Internet. */
const CLOSED_NAMES =
  /(?:^|\.)(?:localhost|local|localdomain|internal|intranet|lan|home\.arpa|in-addr\.arpa|ip6\.arpa)$/;

/** Says where outgoing requests may go. */
export interface AddressPolicy {
  /** Whether the host was named by the operator; its name may then stand for any address. */
  allowsName(host: string): boolean;
  /** Whether connections to the address are allowed. Text that is no address is not. */
  allowsAddress(address: string): boolean;
  /** What can be said of a host without looking it up. */
  allowsHost(host: string): boolean;
}

/**
 * @param allowed host names, addresses and `address/bits` that are allowed although they are not public.
 * @param allowPrivate lifts every restriction.
 */
export function createAddressPolicy(allowed: readonly string[], allowPrivate: boolean): AddressPolicy {
  const closed = blockList([...CLOSED_IPV4, ...CLOSED_IPV6]);
  const open = blockList(OPEN_IPV6);
  const excepted = new BlockList();
  const names = new Set<string>();
  for (const entry of allowed) {
    if (isIP(entry.split('/')[0] ?? '') === 0) names.add(plainName(entry));
    else addTo(excepted, entry);
  }
  const allowsAddress = (text: string): boolean => {
    const bare = text.replace(/%.*$/, '');
    const address = embeddedIpv4(bare) ?? bare;
    const version = isIP(address);
    if (version === 0) return false;
    const family = version === 6 ? 'ipv6' : 'ipv4';
    if (allowPrivate || excepted.check(address, family)) return true;
    return !closed.check(address, family) && (version === 4 || open.check(address, family));
  };
  const allowsName = (host: string): boolean => allowPrivate || names.has(plainName(host));
  return {
    allowsName,
    allowsAddress,
    allowsHost(host) {
      const name = plainName(host);
      if (allowsName(name)) return true;
      if (isIP(name) !== 0) return allowsAddress(name);
      return name.includes('.') && !CLOSED_NAMES.test(name);
    },
  };
}

function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) addTo(list, range);
  return list;
}

function addTo(list: BlockList, range: string): void {
  const [address = '', bits] = range.split('/');
  const version = isIP(address);
  list.addSubnet(
    address,
    bits === undefined ? (version === 6 ? 128 : 32) : Number(bits),
    version === 6 ? 'ipv6' : 'ipv4',
  );
}

/** Lower case, without the brackets of an address, the dot at the end, or a port. */
function plainName(host: string): string {
  const name = host.toLowerCase();
  if (name.startsWith('[')) return name.slice(1, name.indexOf(']'));
  return (isIP(name) === 6 ? name : name.replace(/:\d+$/, '')).replace(/\.$/, '');
}

/** The IPv4 address inside an IPv4-mapped (`::ffff:0:0/96`) or NAT64 (`64:ff9b::/96`) address: that is where packets go. */
function embeddedIpv4(text: string): string | undefined {
  if (isIP(text) !== 6) return undefined;
  // The URL parser writes every spelling of an IPv6 address in the same shortest form.
  const shortest = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const match = /^(?:::ffff:|64:ff9b::)(?:([0-9a-f]{1,4}):)?([0-9a-f]{1,4})$/.exec(shortest);
  if (match === null) return undefined;
  const [high, low] = [Number.parseInt(match[1] ?? '0', 16), Number.parseInt(match[2] ?? '0', 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
