import type { CatalogPolicy } from '../catalog/index.ts';
import type {
  AuthenticateAccessToken,
  AuthenticateBasic,
  AuthenticatePassword,
  BootstrapTokens,
  CsrfTokens,
  EncryptedPasswords,
  FirstUserSetup,
  KeyAdministration,
  KeyServer,
  LoadActor,
  OrganizationSettings,
  RobotFederation,
  OAuth,
  Robots,
  Sessions,
} from '../identity/index.ts';
import type { Clock } from '../kernel/clock.ts';
import type { PasswordHasher } from '../platform/crypto/index.ts';
import type { Database } from '../platform/db/index.ts';
import type { ClientConfig } from './client-config-endpoint.ts';
import type { PageTokens } from './frame/page-token.ts';
import type { ApiRules } from './frame/serve-operations.ts';
import type { ServerControl } from './server-control.ts';
import type { SessionCookieSettings } from './session-cookie.ts';

export interface WebApiSettings {
  /** REGISTRY_TITLE. */
  readonly title: string;
  readonly rules: ApiRules;
  readonly client: ClientConfig;
  /** FEATURE_ keys that are off. */
  readonly featuresOff: ReadonlySet<string>;
  readonly cookie: SessionCookieSettings;
  readonly organizations: OrganizationSettings;
}

/** What the REST API is made of. */
export interface WebApiPorts extends WebApiSettings {
  readonly db: Database;
  readonly clock: Clock;
  readonly catalogPolicy: CatalogPolicy;
  readonly authenticateAccessToken: AuthenticateAccessToken;
  readonly authenticatePassword: AuthenticatePassword;
  readonly encryptedPasswords: EncryptedPasswords;
  readonly passwords: PasswordHasher;
  readonly loadActor: LoadActor;
  readonly firstUser: FirstUserSetup;
  readonly sessions: Sessions;
  readonly robots: Robots;
  readonly robotFederation: RobotFederation;
  readonly csrf: CsrfTokens;
  readonly pageTokens: PageTokens;
  readonly keyServer: KeyServer;
  readonly keyAdministration: KeyAdministration;
  readonly bootstrapTokens: BootstrapTokens;
  readonly server: ServerControl;
  readonly oauth: OAuth;
  readonly authenticateBasic: AuthenticateBasic;
}
