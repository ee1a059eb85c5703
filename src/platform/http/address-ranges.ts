import { BlockList, isIP } from 'node:net';
import { addRange } from './resolve-client.ts';

/**
 * Tells whether an address lies in one of the ranges.
 * @param cidrs addresses or `address/bits`. Throws an Error naming the entry that is neither.
 */
export function createAddressRanges(cidrs: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const cidr of cidrs) addRange(list, cidr);
  return (address) => {
    const family = isIP(address);
    return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
  };
}
