import { generateKeyPairSync, hash, type JsonWebKey, type KeyObject, sign } from 'node:crypto';

/** A program that proves by a key who it is, as the services beside a registry do. */
export interface KeyService {
  readonly name: string;
  readonly jwk: JsonWebKey;
  /** RFC 7638 thumbprint in hex, as Quay writes it. */
  readonly kid: string;
  readonly privateKey: KeyObject;
}

const made: { publicKey: KeyObject; privateKey: KeyObject }[] = [];

/** A service with a new key. Making one takes long, so `index` takes one again that was made before. */
export function keyService(name: string, index: number, bits = 2048): KeyService {
  const { publicKey, privateKey } =
    bits === 2048
      ? (made[index] ??= generateKeyPairSync('rsa', { modulusLength: bits }))
      : generateKeyPairSync('rsa', { modulusLength: bits });
  const jwk = publicKey.export({ format: 'jwk' });
  const kid = hash('sha256', JSON.stringify({ e: jwk.e, kty: jwk.kty, n: jwk.n }), 'hex');
  return { name, jwk, kid, privateKey };
}

let nonce = 0;

/** A token of the service for the registry; each is another one. */
export function serviceToken(
  { name, kid, privateKey }: KeyService,
  audience: string,
  now: number,
  changes: {
    readonly header?: Readonly<Record<string, unknown>>;
    readonly claims?: Readonly<Record<string, unknown>>;
    readonly signature?: (signedPart: string) => string;
  } = {},
): string {
  const seconds = Math.floor(now / 1000);
  nonce += 1;
  const header = { alg: 'RS256', typ: 'JWT', kid, ...changes.header };
  const claims = {
    iss: name,
    aud: audience,
    iat: seconds,
    nbf: seconds,
    exp: seconds + 300,
    jti: `nonce ${nonce}`,
    ...changes.claims,
  };
  const signedPart = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const signature =
    changes.signature?.(signedPart) ?? sign('RSA-SHA256', Buffer.from(signedPart), privateKey).toString('base64url');
  return `${signedPart}.${signature}`;
}
