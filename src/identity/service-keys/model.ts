/** The public half of a service's key as a JSON Web Key (RFC 7517, RFC 7518 §6.3.1). */
export interface PublicJwk {
  readonly kty: 'RSA';
  readonly n: string;
  readonly e: string;
}

/** A key as the key server gives it out. */
export interface PublishedJwk extends PublicJwk {
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: 'RS256';
}

/** How a key came to be trusted, in Quay's words. */
export type ApprovalType = 'Super User API' | 'Key Rotation' | 'Automatic';

export interface KeyApproval {
  readonly type: ApprovalType;
  /** Name of the superuser at that time; undefined: nobody had to be asked. */
  readonly approver: string | undefined;
  /** ms of the database's clock. */
  readonly at: number;
  readonly notes: string;
}

/** A key by which a service proves who it is: one of this registry's own, or one that somebody has registered. */
export interface ServiceKey {
  /** SHA-256 thumbprint of the key (RFC 7638), in base64url or hex. */
  readonly kid: string;
  readonly service: string;
  /** For people; may be empty. */
  readonly name: string;
  readonly jwk: PublicJwk;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Times in ms of the database's clock. */
  readonly createdAt: number;
  /** undefined: never. */
  readonly expiresAt: number | undefined;
  /** How often the service says that it changes the key, in seconds. */
  readonly rotationSeconds: number | undefined;
  /** undefined: nobody has approved it, and nobody is to believe it. */
  readonly approval: KeyApproval | undefined;
}

/** Who asks for a change of keys. */
export interface KeyClient {
  readonly address: string;
  readonly userAgent: string | undefined;
}

/** Names of services, as they stand in addresses. */
export const SERVICE_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}$/;

export function publishedJwk(kid: string, { kty, n, e }: PublicJwk): PublishedJwk {
  return { kty, kid, use: 'sig', alg: 'RS256', n, e };
}
