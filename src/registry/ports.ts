import type { Logger } from 'pino';
import type { PullRecorder } from '../audit/index.ts';
import type { CatalogPolicy } from '../catalog/index.ts';
import type { AuthenticateBasic, LoadActor, RegistryTokens } from '../identity/index.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Database } from '../platform/db/index.ts';
import type { RequestHandler } from '../platform/http/index.ts';
import type { StorageEngine } from '../storage/index.ts';

/** What the registry counts. Called on every request, so the calls cost nanoseconds. */
export interface RegistryMeters {
  /** A manifest was asked for, by a tag or by its digest, and this is what was answered. */
  pulled(by: 'tag' | 'manifest', status: 200 | 304 | 404): void;
  /** A manifest was pushed; the status is that of the answer. */
  pushed(status: number, mediaType: string | undefined): void;
  /** Bytes of a manifest or blob have been answered whole. */
  sent(bytes: number): void;
  /** Bytes of a manifest or blob have been stored. */
  received(bytes: number): void;
  /** A registry token was presented, and was good or not. */
  tokenRead(good: boolean): void;
}

export interface RegistryPorts {
  readonly db: Database;
  readonly storage: StorageEngine;
  readonly policy: CatalogPolicy;
  readonly authenticateBasic: AuthenticateBasic;
  readonly registryTokens: Pick<RegistryTokens, 'verify'>;
  readonly loadActor: LoadActor;
  readonly tokenEndpoint: RequestHandler;
  readonly pulls: PullRecorder;
  readonly meters: RegistryMeters;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface RegistrySettings {
  /** Completes repository names of one component; undefined refuses them. */
  readonly libraryNamespace: string | undefined;
  readonly maximumLayerSizeBytes: number;
  readonly paginationSize: number;
  readonly uploadLifetimeMs: number;
  /** How long a pushed blob or a manifest pushed by digest stays without anything that uses it. */
  readonly pushLeaseMs: number;
  readonly readOnly: boolean;
}
