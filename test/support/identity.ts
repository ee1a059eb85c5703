import type { Clock } from '../../src/kernel/clock.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { createIdentity, type Identity, type IdentitySettings } from '../../src/identity/index.ts';
import { createPasswordHasher, createSecretBox } from '../../src/platform/crypto/index.ts';
import type { Database } from '../../src/platform/db/index.ts';
import type { Hints } from '../../src/platform/hints/index.ts';
import { createLogger } from '../../src/platform/log/index.ts';
import type { Mailer } from '../../src/platform/mail/index.ts';
import { STANDING } from './standing.ts';

/** Password hashing that costs next to nothing. */
export const cheapPasswords = createPasswordHasher({ cost: { memoryKib: 64, passes: 1, parallelism: 1 } });

export const testBox = await createSecretBox('the key of the tests');

export const silentLog = createLogger({ level: 'silent', destination: { write: () => undefined } });

export const IDENTITY_SETTINGS: IdentitySettings = {
  serverHostname: 'registry.test',
  standing: STANDING,
  userInitialize: false,
  libraryNamespace: 'library',
  serviceKeyService: 'quay',
  serviceKeyExpirationMinutes: 120,
  serviceKeyRefreshMinutes: 55,
  keyServer: { audiences: ['https://registry.test'], unapprovedMs: 86_400_000, expiredMs: 604_800_000 },
  bootstrap: { enabled: false, owner: undefined, path: '/nonexistent/token.json', lifetimeMs: 3_600_000, scopes: [] },
  sessionTimeoutMs: 86_400_000,
  robots: { disallowed: false, exceptions: [], allowHttp: false },
  oauth: {
    superuserScope: true,
    tokensPerApplication: undefined,
    noteUseEveryMs: 60_000,
    directClients: [],
    localHandler: '/oauth/localapp',
    assigning: true,
    appTokens: true,
    appTokenLifetimeMs: undefined,
    expiredAppTokensKeptMs: 86_400_000,
    encryptedPasswordsOnly: false,
  },
  users: {
    inviteOnly: false,
    rename: false,
    usernameConfirmation: true,
    metadata: false,
    lastUseEveryMs: undefined,
    blockedMailDomains: [],
    recoveryLifetimeMs: 1_800_000,
    formerNameLifetimeMs: 2_592_000_000,
  },
  tagExpiration: {
    defaultSeconds: 1_209_600,
    optionsSeconds: [0, 86_400, 604_800, 1_209_600, 2_419_200],
    changeable: true,
  },
};

/** Identity as one node of a registry has it, with cheap passwords. */
export function createTestIdentity(
  db: Database,
  options: {
    readonly clock?: Clock;
    readonly hints?: Hints;
    readonly mailer?: Mailer;
    readonly settings?: Partial<IdentitySettings>;
  } = {},
): Identity {
  return createIdentity(
    {
      db,
      clock: options.clock ?? systemClock,
      log: silentLog,
      box: testBox,
      passwords: cheapPasswords,
      hints: options.hints,
      mailer: options.mailer,
    },
    { ...IDENTITY_SETTINGS, ...options.settings },
  );
}
