import type { CatalogPolicy } from '../catalog/index.ts';
import type {
  AuthenticateAccessToken,
  AuthenticateBasic,
  AuthenticatePassword,
  BootstrapTokens,
  CheckPassword,
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
  Users,
} from '../identity/index.ts';
import type { Clock } from '../kernel/clock.ts';
import type { PasswordHasher } from '../platform/crypto/index.ts';
import type { Database } from '../platform/db/index.ts';
import type { Mailer } from '../platform/mail/index.ts';
import type { AvatarKind } from './avatar.ts';
import type { ClientConfig } from './client-config-endpoint.ts';
import type { PageTokens } from './frame/page-token.ts';
import type { ApiRules } from './frame/serve-operations.ts';
import type { ServerControl } from './server-control.ts';
import type { SessionCookieSettings } from './session-cookie.ts';
import type { Recaptcha } from './users/recaptcha.ts';

/** The configuration in effect, without secrets; Quay's shape. */
export interface ConfigDump {
  readonly config: Readonly<Record<string, unknown>>;
  /** Keys that are set and that there are not. */
  readonly warning: Readonly<Record<string, unknown>>;
  /** Variables of the environment that set something. */
  readonly env: Readonly<Record<string, unknown>>;
  /** What can be set. */
  readonly schema: Readonly<Record<string, unknown>>;
}

export interface WebApiSettings {
  /** REGISTRY_TITLE. */
  readonly title: string;
  readonly rules: ApiRules;
  readonly client: ClientConfig;
  /** FEATURE_ keys that are off. */
  readonly featuresOff: ReadonlySet<string>;
  readonly cookie: SessionCookieSettings;
  readonly dumpConfig: () => ConfigDump;
  readonly organizations: OrganizationSettings;
  readonly accounts: AccountSettings;
}

/** What the API does with accounts beside the rules of identity. */
export interface AccountSettings {
  /** AVATAR_KIND. */
  readonly avatarKind: AvatarKind;
  /** ACTION_LOG_AUDIT_LOGINS. */
  readonly recordsSignIns: boolean;
  /** ACTION_LOG_AUDIT_LOGIN_FAILURES. */
  readonly recordsFailedSignIns: boolean;
}

/** What the REST API is made of. */
export interface WebApiPorts extends WebApiSettings {
  readonly db: Database;
  readonly clock: Clock;
  readonly catalogPolicy: CatalogPolicy;
  readonly authenticateAccessToken: AuthenticateAccessToken;
  readonly authenticatePassword: AuthenticatePassword;
  readonly checkPassword: CheckPassword;
  readonly encryptedPasswords: EncryptedPasswords;
  readonly passwords: PasswordHasher;
  readonly loadActor: LoadActor;
  readonly firstUser: FirstUserSetup;
  readonly sessions: Sessions;
  readonly robots: Robots;
  readonly robotFederation: RobotFederation;
  readonly csrf: CsrfTokens;
  /** CHANGELOG.md of this version. */
  readonly readChangeLog: () => Promise<string>;
  readonly users: Users;
  /** undefined: FEATURE_RECAPTCHA is off. */
  readonly recaptcha?: Recaptcha | undefined;
  readonly pageTokens: PageTokens;
  readonly keyServer: KeyServer;
  readonly keyAdministration: KeyAdministration;
  readonly bootstrapTokens: BootstrapTokens;
  readonly server: ServerControl;
  readonly oauth: OAuth;
  readonly authenticateBasic: AuthenticateBasic;
  readonly mailer: Pick<Mailer, 'enabled' | 'enqueue'>;
}
