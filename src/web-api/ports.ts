import type { CatalogPolicy } from '../catalog/index.ts';
import type { AuthenticateAccessToken, EncryptedPasswords, FirstUserSetup, LoadActor } from '../identity/index.ts';
import type { Database } from '../platform/db/index.ts';

/** What the REST API is made of. */
export interface WebApiPorts {
  readonly db: Database;
  readonly catalogPolicy: CatalogPolicy;
  readonly authenticateAccessToken: AuthenticateAccessToken;
  readonly encryptedPasswords: EncryptedPasswords;
  readonly loadActor: LoadActor;
  readonly firstUser: FirstUserSetup;
  /** REGISTRY_STATE is `readonly`: nothing may be changed. */
  readonly readOnly: boolean;
}
