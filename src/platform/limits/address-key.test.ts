import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressKey } from './address-key.ts';

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:c000:0201', '192.0.2.1'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:db8:0:0:ffff:ffff:ffff:ffff', '2001:db8:0:0::/64'],
  ['2001:DB8:0000:0001::', '2001:db8:0:1::/64'],
  ['2001:db8:1:2:3:4:192.0.2.1', '2001:db8:1:2::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['', ''],
  ['not:an:address', 'not:an:address'],
])('%s counts as %s', (address, key) => {
  expect(addressKey(address)).toBe(key);
});

test('all addresses of a /64 count as one, and those of two as two', () => {
  const group = fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16));
  const half = fc.tuple(group, group, group, group).map((groups) => groups.join(':'));
  fc.assert(
    fc.property(half, half, half, half, (network, other, host, host2) => {
      // What begins with 80 zero bits may be an IPv4 address.
      fc.pre(network !== '0:0:0:0' && other !== '0:0:0:0');
      expect(addressKey(`${network}:${host}`)).toBe(addressKey(`${network}:${host2}`));
      expect(addressKey(`${network}:${host}`) === addressKey(`${other}:${host}`)).toBe(network === other);
      expect(addressKey(new URL(`http://[${network}:${host}]`).hostname.slice(1, -1))).toBe(
        addressKey(`${network}:${host}`),
      );
    }),
  );
});

test('whatever stands in a header is taken', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.ipV6(), fc.ipV4()), (text) => void addressKey(text)));
});
