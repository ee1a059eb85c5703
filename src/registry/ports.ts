import type { Logger } from 'pino';
import type { PullRecorder } from '../audit/index.ts';
import type { CatalogPolicy, TokenAction } from '../catalog/index.ts';
import type { Actor } from '../identity/index.ts';
import type { Clock } from '../kernel/clock.ts';
import type { RepositoryName } from '../kernel/reference.ts';
import type { Database } from '../platform/db/index.ts';
import type { RequestHandler } from '../platform/http/context.ts';
import type { StorageEngine } from '../storage/index.ts';

/** What a registry token says: who, and at most what. */
export interface VerifiedToken {
  readonly actor: Actor;
  /** An upper bound; the live grant decides within it. */
  readonly access: readonly { readonly name: RepositoryName; readonly actions: readonly TokenAction[] }[];
}

/** Credentials as they come with requests. Errors of both: TOO_MANY_REQUESTS. */
export interface CredentialCheck {
  /** undefined: the name or the password is wrong. */
  basic(username: string, password: string, clientAddress: string): Promise<Actor | undefined>;
  /** undefined: expired, forged, or not a registry token. */
  token(token: string): Promise<VerifiedToken | undefined>;
}

export interface RegistryPorts {
  readonly db: Database;
  readonly storage: StorageEngine;
  readonly policy: CatalogPolicy;
  readonly credentials: CredentialCheck;
  readonly tokenEndpoint: RequestHandler;
  readonly pulls: PullRecorder;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface RegistrySettings {
  /** Host (with port) that clients reach us by; undefined: the one each request names. */
  readonly serverHostname: string | undefined;
  readonly urlScheme: 'http' | 'https' | undefined;
  /** Completes repository names of one component; undefined refuses them. */
  readonly libraryNamespace: string | undefined;
  readonly maximumLayerSizeBytes: number;
  readonly paginationSize: number;
  readonly uploadLifetimeMs: number;
  /** How long a pushed blob or a manifest pushed by digest stays without anything that uses it. */
  readonly pushLeaseMs: number;
  readonly readOnly: boolean;
}
