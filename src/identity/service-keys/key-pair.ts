import { createPrivateKey, createPublicKey, generateKeyPair, hash, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { SecretBox } from '../../platform/crypto/index.ts';

/** A new key pair in the form it is stored in. */
export interface SealedKeyPair {
  /** RFC 7638 thumbprint of the public key. */
  readonly kid: string;
  /** JSON Web Key (RFC 7517) of the public key. */
  readonly public_key: string;
  readonly private_key_encrypted: string;
}

/** Makes an RSA key pair of 2048 bits on the thread pool; 50 to 300 ms. */
export async function generateSealedKeyPair(box: SecretBox): Promise<SealedKeyPair> {
  const { publicKey, privateKey } = await generateRsa();
  const jwk = publicKey.export({ format: 'jwk' });
  const kid = thumbprint(jwk, 'base64url');
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  return { kid, public_key: JSON.stringify(jwk), private_key_encrypted: box.seal(pem, sealPurpose(kid)) };
}

export function openPrivateKey(box: SecretBox, key: SealedKeyPair): KeyObject {
  return createPrivateKey(box.open(key.private_key_encrypted, sealPurpose(key.kid)));
}

export function readPublicKey(key: Pick<SealedKeyPair, 'public_key'>): KeyObject {
  const jwk: JsonWebKey = JSON.parse(key.public_key);
  return createPublicKey({ key: jwk, format: 'jwk' });
}

/** RFC 7638 §3.2: the required members in this order, without white space. */
export function thumbprint(jwk: Pick<JsonWebKey, 'e' | 'kty' | 'n'>, encoding: 'base64url' | 'hex'): string {
  return hash('sha256', JSON.stringify({ e: jwk.e, kty: jwk.kty, n: jwk.n }), encoding);
}

/** An RSA key pair of 2048 bits, made on the thread pool. */
export function generateRsa(): Promise<{ publicKey: KeyObject; privateKey: KeyObject }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ publicKey: KeyObject; privateKey: KeyObject }>();
  generateKeyPair('rsa', { modulusLength: 2048 }, (error, publicKey, privateKey) => {
    if (error === null) resolve({ publicKey, privateKey });
    else reject(error);
  });
  return promise;
}

function sealPurpose(kid: string): string {
  return `service_key:${kid}`;
}
