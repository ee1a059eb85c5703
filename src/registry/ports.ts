import type { Logger } from 'pino';
import type { PullRecorder } from '../audit/index.ts';
import type { CatalogPolicy } from '../catalog/index.ts';
import type { AuthenticateBasic, LoadActor, RegistryTokens } from '../identity/index.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Database } from '../platform/db/index.ts';
import type { RequestHandler } from '../platform/http/index.ts';
import type { StorageEngine } from '../storage/index.ts';

export interface RegistryPorts {
  readonly db: Database;
  readonly storage: StorageEngine;
  readonly policy: CatalogPolicy;
  readonly authenticateBasic: AuthenticateBasic;
  readonly registryTokens: Pick<RegistryTokens, 'verify'>;
  readonly loadActor: LoadActor;
  readonly tokenEndpoint: RequestHandler;
  readonly pulls: PullRecorder;
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
