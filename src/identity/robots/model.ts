import type { Transaction } from '../../platform/db/index.ts';

/** An account for programs. */
export interface Robot {
  readonly userId: number;
  /** `owner+short`. */
  readonly name: string;
  readonly description: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly createdAt: number;
  /** To the minute; undefined: never. */
  readonly lastUsedAt: number | undefined;
  /** From when on it is refused, whatever its tokens say; undefined: never. */
  readonly expiresAt: number | undefined;
}

export interface RobotOwner {
  readonly id: number;
  readonly name: string;
}

export interface NewRobot {
  readonly owner: RobotOwner;
  readonly shortName: string;
  readonly description?: string | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  readonly expiresAt?: number | undefined;
}

/** One of the passwords of a robot. Times in ms of the database's clock. */
export interface RobotToken {
  readonly uuid: string;
  /** What people tell it from the others by; unique among those of the robot. */
  readonly name: string;
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  /** To the minute; undefined: never. */
  readonly lastUsedAt: number | undefined;
}

export interface NewRobotToken {
  readonly name: string;
  readonly expiresAt?: number | undefined;
}

/** Whose tokens of an OpenID Connect issuer a robot may be had for: all of these must hold. */
export interface FederatedIdentity {
  /** Exactly as in the claim `iss`. */
  readonly issuer: string;
  /** Exactly as in the claim `sub`; undefined: any, within the claims. */
  readonly subject?: string | undefined;
  /** One of them must be in the claim `aud`; undefined: it is not looked at. */
  readonly audiences?: readonly string[] | undefined;
  /**
   * By the name of a claim, or a JSON pointer (RFC 6901) to one inside another: the patterns of which one must fit. `*` stands for
   * any characters.
   */
  readonly claims?: Readonly<Record<string, readonly string[]>> | undefined;
}

export interface UsedFederatedIdentity extends FederatedIdentity {
  /** To the minute; undefined: never. */
  readonly lastUsedAt: number | undefined;
}

export interface StoredFederatedIdentity extends UsedFederatedIdentity {
  readonly id: number;
}

/** Why a robot must stay (a mirror uses it); undefined: it may go. For slices that refer to robots. */
export type RobotInUse = (tx: Transaction, robotId: number) => Promise<string | undefined>;
