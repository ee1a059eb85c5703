import type { Logger } from 'pino';
import type { Clock } from '../kernel/clock.ts';
import { type Counters, createLocalCounters } from '../platform/limits/index.ts';
import { createPasswordHasher, type PasswordHasher, type SecretBox } from '../platform/crypto/index.ts';
import type { Database } from '../platform/db/index.ts';
import { createLocalHints, type Hints } from '../platform/hints/index.ts';
import { createMailer, type Mailer } from '../platform/mail/index.ts';
import { createJobQueue, type JobQueue } from '../platform/queue/index.ts';
import { type AuthenticateAccessToken, createAccessTokenAuthenticator } from './access-token.ts';
import { type AuthenticateBasic, createBasicAuthenticator } from './authenticate-basic.ts';
import {
  authenticateBy,
  type AuthenticatePassword,
  type CheckPassword,
  createPasswordCheck,
} from './authenticate-password.ts';
import type { IdentitySettings } from './config.ts';
import { createCredentialCheck } from './credential-alive.ts';
import { createCsrfTokens, type CsrfTokens } from './csrf-tokens.ts';
import { createEncryptedPasswords, type EncryptedPasswords } from './encrypted-password.ts';
import { createFamiliarSecrets } from './familiar-secrets.ts';
import { createFirstUserSetup, type FirstUserSetup } from './initialize-first-user.ts';
import { createActorLoader, type LoadActor } from './load-actor.ts';
import { createNoteUse } from './note-use.ts';
import { createOAuth, type OAuth } from './oauth/create-oauth.ts';
import { createRefreshTokens, type RefreshTokens } from './refresh-token.ts';
import {
  createRegistryTokens,
  type RegistryTokens,
  TOKEN_LEEWAY_SECONDS,
  TOKEN_LIFETIME_SECONDS,
} from './registry-token.ts';
import { type BootstrapTokens, createBootstrapTokens } from './bootstrap-tokens/index.ts';
import {
  createKeyAdministration,
  createKeyRing,
  createKeyServer,
  type KeyAdministration,
  type KeyRing,
  type KeyServer,
} from './service-keys/index.ts';
import { openRobots, type RobotPorts, type RobotServices } from './robots/open-robots.ts';
import { robotRefusal } from './robots/robot-rules.ts';
import { createSignInGuard } from './sign-in-guard.ts';
import { createSessions, type Sessions } from './sessions.ts';
import { createSignInThrottle } from './sign-in-throttle.ts';
import { createUsers, type Users } from './users/create-users.ts';
import { followFormerNames } from './users/follow-former-names.ts';
import { createLastUse } from './users/last-use.ts';

export interface IdentityPorts extends RobotPorts {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly box: SecretBox;
  /** undefined: there is no other node. */
  readonly hints?: Hints | undefined;
  /** The one pool of the process; undefined: a new one. */
  readonly passwords?: PasswordHasher | undefined;
  /** Where failed sign-ins are counted; undefined: in this process. */
  readonly counters?: Counters | undefined;
  /** undefined: no mail is sent. */
  readonly mailer?: Mailer | undefined;
  readonly queue?: JobQueue | undefined;
}

/** Everything of identity that keeps state in the process (caches, keys, the set-up token). */
export interface Identity extends Omit<RobotServices, 'authenticateRobot'> {
  readonly passwords: PasswordHasher;
  readonly authenticatePassword: AuthenticatePassword;
  readonly checkPassword: CheckPassword;
  readonly authenticateAccessToken: AuthenticateAccessToken;
  readonly authenticateBasic: AuthenticateBasic;
  readonly encryptedPasswords: EncryptedPasswords;
  readonly loadActor: LoadActor;
  readonly keys: KeyRing;
  readonly keyServer: KeyServer;
  readonly keyAdministration: KeyAdministration;
  readonly bootstrapTokens: BootstrapTokens;
  readonly registryTokens: RegistryTokens;
  readonly refreshTokens: RefreshTokens;
  readonly firstUser: FirstUserSetup;
  readonly sessions: Sessions;
  readonly csrf: CsrfTokens;
  readonly oauth: OAuth;
  readonly users: Users;
  /** Writes what is noted of the use of accounts. */
  readonly flushUserUses: () => Promise<void>;
}

export function createIdentity(ports: IdentityPorts, settings: IdentitySettings): Identity {
  const { db, clock, log, box, hints = createLocalHints() } = ports;
  const { passwords = createPasswordHasher(), counters = createLocalCounters(clock), queue = createJobQueue() } = ports;
  const { mailer = createMailer({ box, queue, clock, log }, { server: undefined, title: '' }) } = ports;
  const throttle = createSignInThrottle({ counters, log });
  const guard = createSignInGuard({ throttle, familiar: createFamiliarSecrets(clock) });
  const lastUse = createLastUse(ports, settings.users.lastUseEveryMs);
  const checkPassword = createPasswordCheck({
    db,
    passwords,
    clock,
    log,
    guard,
    lastUse,
    confirmsAddresses: mailer.enabled,
  });
  const authenticatePassword = authenticateBy(checkPassword);
  const noteUse = createNoteUse({ db, clock, log }, settings.oauth.noteUseEveryMs);
  const authenticateAccessToken = createAccessTokenAuthenticator({ db, clock, noteUse, lastUse });
  const oauth = createOAuth({ db, box, clock, noteUse, lastUse }, settings.oauth);
  const encryptedPasswords = createEncryptedPasswords(box);
  const loadActor = createActorLoader(db, settings.standing);
  const keys = createKeyRing({
    db,
    box,
    clock,
    log,
    hints,
    service: settings.serviceKeyService,
    refreshAfterMs: settings.serviceKeyRefreshMinutes * 60_000,
    expiresAfterMs: settings.serviceKeyExpirationMinutes * 60_000,
    tokenLifetimeMs: (TOKEN_LIFETIME_SECONDS + TOKEN_LEEWAY_SECONDS) * 1000,
  });
  const registryTokens = createRegistryTokens({
    keys,
    clock,
    isCredentialAlive: createCredentialCheck({ db, clock }, settings.oauth),
    issuer: settings.serviceKeyService,
    audience: settings.serverHostname,
    allowsRobot: (name) => robotRefusal(settings.robots, name) === undefined,
  });
  const { authenticateRobot, ...robotServices } = openRobots(
    { ...ports, guard, loadActor, registryTokens },
    settings.robots,
  );
  return {
    ...robotServices,
    passwords,
    authenticatePassword,
    checkPassword,
    authenticateAccessToken,
    authenticateBasic: followFormerNames(
      db,
      createBasicAuthenticator({
        authenticatePassword,
        authenticateAccessToken,
        encryptedPasswords,
        authenticateRobot,
        appTokens: oauth.appTokens,
        throttle,
        encryptedPasswordsOnly: settings.oauth.encryptedPasswordsOnly,
      }),
    ),
    encryptedPasswords,
    loadActor,
    keys,
    keyServer: createKeyServer({ db, clock, keys }, settings.keyServer),
    keyAdministration: createKeyAdministration({ db, keys }),
    bootstrapTokens: createBootstrapTokens({ db, clock, log, loadActor }, settings.bootstrap),
    registryTokens,
    refreshTokens: createRefreshTokens({ box, clock, loadActor, lastUse }),
    firstUser: createFirstUserSetup({
      db,
      passwords,
      throttle,
      openToAll: settings.userInitialize,
      libraryNamespace: settings.libraryNamespace,
    }),
    sessions: createSessions({ db, clock, log, lastUse }, { timeoutMs: settings.sessionTimeoutMs }),
    csrf: createCsrfTokens(box.deriveKey('csrf tokens')),
    oauth,
    flushUserUses: () => lastUse.flush(),
    users: createUsers(
      { ...ports, passwords, mailer, queue },
      {
        ...settings.users,
        openToFirst: settings.userInitialize,
        tagExpiration: settings.tagExpiration,
        standing: settings.standing,
      },
    ),
  };
}
