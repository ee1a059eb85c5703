import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseProxyHeader } from './parse-proxy-header.ts';

const SIGNATURE = [0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];

/** A header of version 2 with its length filled in. */
function version2(command: number, family: number, body: readonly number[]): Buffer {
  return Buffer.from([...SIGNATURE, 0x20 | command, family, body.length >> 8, body.length & 255, ...body]);
}

const port = fc.integer({ min: 0, max: 65_535 });
const twoBytes = (value: number): number[] => [value >> 8, value & 255];

const line = fc
  .tuple(fc.constantFrom('TCP4', 'TCP6'), fc.ipV4(), fc.ipV4(), fc.ipV6(), fc.ipV6(), port, port)
  .map(([family, a4, b4, a6, b6, from, to]) => {
    const [source, destination] = family === 'TCP4' ? [a4, b4] : [a6, b6];
    return { source, bytes: Buffer.from(`PROXY ${family} ${source} ${destination} ${from} ${to}\r\n`) };
  });

const ipv4Header = fc
  .tuple(fc.ipV4(), fc.ipV4(), port, port, fc.uint8Array({ maxLength: 300 }))
  .map(([a, b, from, to, rest]) => ({
    source: a,
    bytes: version2(1, 0x11, [
      ...[a, b].flatMap((ip) => ip.split('.').map(Number)),
      ...twoBytes(from),
      ...twoBytes(to),
      ...rest,
    ]),
  }));

describe('a PROXY protocol header', () => {
  test('gives the source and how long it is, whatever follows, however it is cut', () => {
    fc.assert(
      fc.property(
        fc.oneof(line, ipv4Header),
        fc.uint8Array({ maxLength: 200 }),
        fc.nat(),
        ({ source, bytes }, rest, cut) => {
          const whole = Buffer.concat([bytes, rest]);
          expect(parseProxyHeader(whole)).toMatchObject({ kind: 'header', bytes: bytes.length, address: source });
          expect(parseProxyHeader(whole.subarray(0, cut % bytes.length))).toEqual({ kind: 'incomplete' });
        },
      ),
    );
  });

  test('is never waited for beyond 4 KiB, and nothing makes the parser fail', () => {
    const starts = fc.constantFrom(
      Buffer.from('PROXY '),
      Buffer.from([...SIGNATURE, 0x21, 0x11]),
      Buffer.from(SIGNATURE),
      Buffer.alloc(0),
    );
    fc.assert(
      fc.property(starts, fc.uint8Array({ minLength: 4096, maxLength: 4200 }), (start, noise) => {
        const found = parseProxyHeader(Buffer.concat([start, noise]));
        expect(['header', 'invalid']).toContain(found.kind);
        if (found.kind === 'header') expect(found.bytes).toBeLessThanOrEqual(4096);
      }),
    );
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void parseProxyHeader(bytes)));
  });

  test('of version 2 shows IPv6 sources as sockets do', () => {
    const source = [0x20, 1, 0x0d, 0xb8, ...Array<number>(11).fill(0), 1];
    const header = version2(1, 0x21, [...source, ...Array<number>(16).fill(0), 0, 80, 1, 0xbb]);
    expect(parseProxyHeader(header)).toMatchObject({ kind: 'header', address: '2001:db8::1', bytes: 52 });
  });

  test.each([
    ['LOCAL, the health check of a proxy', version2(0, 0x00, [])],
    ['LOCAL with addresses, which do not count', version2(0, 0x11, [1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 0, 2])],
    ['an unspecified family', version2(1, 0x00, [1, 2, 3])],
    ['a UNIX socket', version2(1, 0x31, Array<number>(216).fill(0))],
    ['UNKNOWN in version 1', Buffer.from('PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n')],
  ])('without a client is one: %s', (_name, bytes) => {
    expect(parseProxyHeader(bytes)).toMatchObject({ kind: 'header', address: undefined, bytes: bytes.length });
  });

  test('tells whether the client came to the proxy over TLS', () => {
    const addresses = [1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 0, 2];
    const withTls = (flags: number): Buffer =>
      version2(1, 0x11, [...addresses, 0x05, 0, 1, 7, 0x20, 0, 5, flags, 0, 0, 0, 0]);
    expect(parseProxyHeader(withTls(1))).toMatchObject({ encrypted: true });
    expect(parseProxyHeader(withTls(0))).toMatchObject({ encrypted: false });
    expect(parseProxyHeader(version2(1, 0x11, [...addresses, 0x20, 255, 255, 1]))).toMatchObject({
      encrypted: undefined,
    });
  });

  test.each([
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'does not begin'],
    ['TLS', Buffer.from([0x16, 3, 1, 0, 0]), 'does not begin'],
    ['a long line', Buffer.from(`PROXY TCP4 ${'1'.repeat(200)}`), 'too long'],
    ['an address of another family', Buffer.from('PROXY TCP4 ::1 ::1 1 2\r\n'), 'malformed'],
    ['a name', Buffer.from('PROXY TCP4 localhost 1.2.3.4 1 2\r\n'), 'malformed'],
    ['a port out of range', Buffer.from('PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n'), 'malformed'],
    ['a port with a zero before it', Buffer.from('PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n'), 'malformed'],
    ['something more', Buffer.from('PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n'), 'malformed'],
    ['another protocol', Buffer.from('PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n'), 'unknown protocol'],
    ['version 3', Buffer.from([...SIGNATURE, 0x31, 0x11, 0, 0]), 'version'],
    ['an unknown command', version2(2, 0x11, []), 'command'],
    ['an unknown family', version2(1, 0x41, []), 'family'],
    ['too few bytes for the addresses', version2(1, 0x11, [1, 2, 3]), 'too short'],
    ['too many bytes', Buffer.from([...SIGNATURE, 0x21, 0x11, 0xff, 0xff]), 'longer than 4096'],
  ])('that is none is refused: %s', (_name, bytes, reason) => {
    expect(parseProxyHeader(bytes)).toEqual({ kind: 'invalid', reason: expect.stringContaining(reason) as string });
  });
});
