import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { isIP } from 'node:net';
import {
  bitString,
  booleanTrue,
  explicit,
  implicit,
  integer,
  nullValue,
  objectIdentifier,
  octetString,
  partsOf,
  sequence,
  set,
  time,
  utf8String,
} from './write-der.ts';

/** A certificate and its private key in PEM. */
export interface CertificateAndKey {
  readonly certificate: string;
  readonly key: string;
}

export interface Validity {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly days: number;
}

/** Clocks of clients may be a little behind. */
const BACKDATED_MS = 3_600_000;
const DAY_MS = 86_400_000;

const OID = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  ecdsaSha256: '1.2.840.10045.4.3.2',
  rsaSha256: '1.2.840.113549.1.1.11',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAlternativeName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuthentication: '1.3.6.1.5.5.7.3.1',
} as const;

/** Bits of the key usage (RFC 5280 §4.2.1.3), the first bit leftmost, and how many bits of the byte are not used. */
const USAGE = { signature: [0x80, 7], certificatesAndLists: [0x06, 1] } as const;

/** A certificate authority that signs itself and may sign server certificates only. Its key is a P-256 one. */
export function createAuthority(name: string, validity: Validity): CertificateAndKey {
  const { publicKey, privateKey } = makeKey();
  const subject = distinguishedName(name);
  const certificate = signCertificate({
    subject,
    issuer: subject,
    publicKey,
    signer: privateKey,
    validity,
    extensions: [
      extension(OID.basicConstraints, sequence(booleanTrue(), integer(Buffer.of(0))), true),
      extension(OID.keyUsage, bitString(Buffer.of(USAGE.certificatesAndLists[0]), USAGE.certificatesAndLists[1]), true),
      extension(OID.subjectKeyIdentifier, octetString(keyIdentifier(publicKey))),
    ],
  });
  return { certificate, key: exportKey(privateKey) };
}

/**
 * A server certificate for the names and addresses, signed by the authority, whose own certificate follows it in the text.
 * @throws Error when the authority cannot sign: not one, its key another's or of a kind that is neither RSA nor elliptic.
 */
export function createServerCertificate(
  hosts: readonly string[],
  authority: CertificateAndKey,
  validity: Validity,
): CertificateAndKey {
  const issuer = new X509Certificate(authority.certificate);
  const signer = createPrivateKey(authority.key);
  if (!issuer.ca) throw new Error('The certificate of the authority is not that of an authority');
  if (!issuer.checkPrivateKey(signer)) throw new Error("The authority's key does not belong to its certificate");
  if (issuer.validToDate.getTime() <= validity.now) {
    throw new Error(`The authority expired on ${issuer.validToDate.toISOString().slice(0, 10)}; make a new one`);
  }
  const { publicKey, privateKey } = makeKey();
  const authorityKeyId = keyIdentifier(issuer.publicKey);
  // An authority made elsewhere may have reckoned its identifier in another way; then none is better than a wrong one.
  const named = issuer.raw.includes(octetString(authorityKeyId));
  const certificate = signCertificate({
    subject: distinguishedName(hosts[0] ?? ''),
    issuer: subjectOf(issuer),
    publicKey,
    signer,
    validity: { ...validity, until: issuer.validToDate.getTime() },
    extensions: [
      extension(OID.basicConstraints, sequence(), true),
      extension(OID.keyUsage, bitString(Buffer.of(USAGE.signature[0]), USAGE.signature[1]), true),
      extension(OID.extendedKeyUsage, sequence(objectIdentifier(OID.serverAuthentication))),
      extension(OID.subjectAlternativeName, sequence(...hosts.map(alternativeName))),
      extension(OID.subjectKeyIdentifier, octetString(keyIdentifier(publicKey))),
      ...(named ? [extension(OID.authorityKeyIdentifier, sequence(implicit(0, authorityKeyId)))] : []),
    ],
  });
  return { certificate: certificate + issuer.toString(), key: exportKey(privateKey) };
}

interface CertificateTerms {
  readonly subject: Uint8Array;
  readonly issuer: Uint8Array;
  readonly publicKey: KeyObject;
  readonly signer: KeyObject;
  /** With the end of the issuer, which is not outlived. */
  readonly validity: Validity & { readonly until?: number };
  readonly extensions: readonly Uint8Array[];
}

/** RFC 5280 §4.1. */
function signCertificate(terms: CertificateTerms): string {
  const { now, days, until = Number.POSITIVE_INFINITY } = terms.validity;
  const algorithm = signatureAlgorithm(terms.signer);
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const unsigned = sequence(
    explicit(0, integer(Buffer.of(2))),
    integer(serial),
    algorithm,
    terms.issuer,
    sequence(time(new Date(now - BACKDATED_MS)), time(new Date(Math.min(now + days * DAY_MS, until)))),
    terms.subject,
    terms.publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...terms.extensions)),
  );
  const der = sequence(unsigned, algorithm, bitString(sign('sha256', unsigned, terms.signer)));
  return new X509Certificate(der).toString();
}

function makeKey(): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function exportKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function signatureAlgorithm(key: KeyObject): Buffer {
  if (key.asymmetricKeyType === 'ec') return sequence(objectIdentifier(OID.ecdsaSha256));
  if (key.asymmetricKeyType === 'rsa') return sequence(objectIdentifier(OID.rsaSha256), nullValue());
  throw new Error(
    `A key of the kind "${key.asymmetricKeyType}" cannot sign here; use an authority with an RSA or P-256 key`,
  );
}

/** RFC 5280 §4.2.1.2, method 1, which is what OpenSSL does too. */
function keyIdentifier(key: KeyObject): Buffer {
  const spki = key.export({ type: 'spki', format: 'der' });
  const bits = partsOf(spki)[1] ?? spki;
  const contents = bits.subarray(bits.length - publicKeyBytes(bits));
  return createHash('sha1').update(contents).digest();
}

/** Bytes of a bit string without tag, length and the count of unused bits. */
function publicKeyBytes(bits: Uint8Array): number {
  const first = bits[1] ?? 0;
  return bits.length - 2 - (first < 0x80 ? 0 : first & 0x7f) - 1;
}

/** The name of an authority's subject exactly as it is encoded, which is how chains are found. */
function subjectOf({ raw }: X509Certificate): Uint8Array {
  const [unsigned = raw] = partsOf(raw);
  const parts = partsOf(unsigned);
  // The version is left out in old certificates.
  return parts[parts[0]?.[0] === 0xa0 ? 5 : 4] ?? raw;
}

/** Names are cut to the 64 characters that X.520 allows; what counts are the alternative names. */
function distinguishedName(commonName: string): Buffer {
  const attribute = (type: string, value: string): Buffer =>
    set(sequence(objectIdentifier(type), utf8String(Array.from(value).slice(0, 64).join(''))));
  return sequence(attribute(OID.organization, 'Gantry'), attribute(OID.commonName, commonName));
}

function extension(type: string, value: Uint8Array, critical = false): Buffer {
  return sequence(objectIdentifier(type), ...(critical ? [booleanTrue()] : []), octetString(value));
}

function alternativeName(host: string): Buffer {
  return isIP(host) === 0 ? implicit(2, Buffer.from(host, 'ascii')) : implicit(7, addressBytes(host));
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  // The URL parser writes every spelling in groups of hexadecimal digits.
  const [left = '', right] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const [head, tail] = [groups(left), groups(right ?? '')];
  const middle = right === undefined ? [] : Array<number>(8 - head.length - tail.length).fill(0);
  return Buffer.from([...head, ...middle, ...tail].flatMap((group) => [group >> 8, group & 255]));
}
