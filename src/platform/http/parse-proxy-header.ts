import { isIPv4, isIPv6 } from 'node:net';

/** What a PROXY protocol header at the beginning of a connection says. */
export type ProxyHeader =
  /** More bytes are needed. */
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'invalid'; readonly reason: string }
  | {
      readonly kind: 'header';
      /** How many bytes it took; what follows is the client's. */
      readonly bytes: number;
      /** The client's address; undefined when the proxy speaks for itself (a health check) or does not know. */
      readonly address: string | undefined;
      /** Whether the client came to the proxy over TLS; undefined when the proxy does not say. */
      readonly encrypted: boolean | undefined;
    };

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const V1_BEGIN = Buffer.from('PROXY ', 'latin1');
/** Longest line of version 1, its end included. */
const V1_MAX_BYTES = 107;
const V2_FIXED_BYTES = 16;
/** The format allows 64 KiB; addresses take 216 bytes, and proxies append some dozens. */
const V2_MAX_BYTES = 4096;

/**
 * Reads a header of the PROXY protocol (HAProxy's specification of 2020), version 1 or 2, from the beginning of a
 * connection. Never more than 4 KiB are asked for. The checksum of version 2 is not looked at: TCP has its own.
 */
export function parseProxyHeader(bytes: Uint8Array): ProxyHeader {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (begins(buffer, SIGNATURE)) return buffer.length < V2_FIXED_BYTES ? INCOMPLETE : parseVersion2(buffer);
  if (begins(buffer, V1_BEGIN)) return buffer.length < V1_BEGIN.length ? INCOMPLETE : parseVersion1(buffer);
  return invalid('it does not begin with a PROXY protocol header');
}

const INCOMPLETE = { kind: 'incomplete' } as const;

function invalid(reason: string): ProxyHeader {
  return { kind: 'invalid', reason };
}

/** Whether as much as is there agrees. */
function begins(buffer: Buffer, expected: Buffer): boolean {
  const length = Math.min(buffer.length, expected.length);
  return buffer.compare(expected, 0, length, 0, length) === 0;
}

/** `PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n`, §2.1. */
function parseVersion1(buffer: Buffer): ProxyHeader {
  const end = buffer.subarray(0, V1_MAX_BYTES).indexOf('\r\n');
  if (end < 0) return buffer.length < V1_MAX_BYTES ? INCOMPLETE : invalid('its PROXY line is too long');
  const bytes = end + 2;
  const [, family, source, destination, ...ports] = buffer.toString('latin1', 0, end).split(' ');
  const header = { kind: 'header', bytes, encrypted: undefined } as const;
  // What follows UNKNOWN must be ignored.
  if (family === 'UNKNOWN') return { ...header, address: undefined };
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6 : undefined;
  if (isAddress === undefined) return invalid('its PROXY line names an unknown protocol');
  const sound = [source, destination].every((address) => address !== undefined && isAddress(address));
  if (!sound || ports.length !== 2 || !ports.every(isPort)) return invalid('its PROXY line is malformed');
  return { ...header, address: source };
}

function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
}

/** §2.2: signature, version and command, family, length, addresses, and what else the proxy appends. */
function parseVersion2(buffer: Buffer): ProxyHeader {
  const versionAndCommand = buffer[12] ?? 0;
  const family = (buffer[13] ?? 0) >> 4;
  const bytes = V2_FIXED_BYTES + buffer.readUInt16BE(14);
  if (versionAndCommand >> 4 !== 2) return invalid('its PROXY header has an unknown version');
  const command = versionAndCommand & 0x0f;
  if (command > 1) return invalid('its PROXY header has an unknown command');
  if (bytes > V2_MAX_BYTES) return invalid(`its PROXY header is longer than ${V2_MAX_BYTES} bytes`);
  if (buffer.length < bytes) return INCOMPLETE;
  const header = { kind: 'header', bytes } as const;
  // LOCAL: the proxy itself connects, e.g. to see whether we live.
  if (command === 0) return { ...header, address: undefined, encrypted: undefined };
  const addressBytes = [0, 12, 36, 216][family];
  if (addressBytes === undefined) return invalid('its PROXY header names an unknown family of addresses');
  const body = buffer.subarray(V2_FIXED_BYTES, bytes);
  if (body.length < addressBytes) return invalid('its PROXY header is too short for its addresses');
  const address = family === 1 ? body.subarray(0, 4).join('.') : family === 2 ? ipv6(body.subarray(0, 16)) : undefined;
  return { ...header, address, encrypted: findEncryption(body.subarray(addressBytes)) };
}

/** In the shortest form, as sockets show addresses. */
function ipv6(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

const TYPE_SSL = 0x20;
const CLIENT_USED_TLS = 0x01;

/** Looks through the appended fields (type, length, value) for the one about TLS, §2.2.6; malformed ones end the search. */
function findEncryption(fields: Buffer): boolean | undefined {
  let at = 0;
  while (at + 3 <= fields.length) {
    const length = fields.readUInt16BE(at + 1);
    const value = fields.subarray(at + 3, at + 3 + length);
    if (value.length < length) return undefined;
    if (fields[at] === TYPE_SSL && value.length > 0) return ((value[0] ?? 0) & CLIENT_USED_TLS) !== 0;
    at += 3 + length;
  }
  return undefined;
}
