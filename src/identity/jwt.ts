import { createHmac, type KeyObject, sign, timingSafeEqual, verify } from 'node:crypto';

/** A JSON Web Token in compact form (RFC 7519, RFC 7515 §3.1), taken apart but not yet believed. */
export interface ParsedJwt {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  /** Header and claims as signed. */
  readonly signedPart: string;
  readonly signature: Buffer;
}

const COMPACT = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;

/** undefined when the text is longer than `maxLength` or not a token. Verifies nothing. */
export function parseJwt(text: string, maxLength: number): ParsedJwt | undefined {
  if (text.length > maxLength) return undefined;
  const [, head, body, signature] = COMPACT.exec(text) ?? [];
  if (head === undefined || body === undefined || signature === undefined) return undefined;
  const header = parseObject(head);
  const claims = parseObject(body);
  if (header === undefined || claims === undefined) return undefined;
  return { header, claims, signedPart: `${head}.${body}`, signature: Buffer.from(signature, 'base64url') };
}

/** Signs with RS256 (RFC 7518 §3.3) on the thread pool. */
export async function signRs256(
  key: { readonly kid: string; readonly privateKey: KeyObject },
  claims: object,
): Promise<string> {
  const signedPart = `${encode({ alg: 'RS256', kid: key.kid, typ: 'JWT' })}.${encode(claims)}`;
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  sign('RSA-SHA256', Buffer.from(signedPart), key.privateKey, (error, signature) => {
    if (error === null) resolve(signature);
    else reject(error);
  });
  return `${signedPart}.${(await promise).toString('base64url')}`;
}

export function isSignedRs256(jwt: ParsedJwt, key: KeyObject): boolean {
  return verify('RSA-SHA256', Buffer.from(jwt.signedPart), key, jwt.signature);
}

/** Signs with HS256 (RFC 7518 §3.2). */
export function signHs256(key: Buffer, claims: object): string {
  const signedPart = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${signedPart}.${hmac(key, signedPart).toString('base64url')}`;
}

export function isSignedHs256(jwt: ParsedJwt, key: Buffer): boolean {
  const expected = hmac(key, jwt.signedPart);
  return jwt.signature.length === expected.length && timingSafeEqual(jwt.signature, expected);
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function parseObject(segment: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(segment, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
