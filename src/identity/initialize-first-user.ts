import type { AuditActor } from '../audit/index.ts';
import { AppError } from '../kernel/errors.ts';
import { addressKey } from '../platform/limits/index.ts';
import type { PasswordHasher } from '../platform/crypto/index.ts';
import type { Database } from '../platform/db/index.ts';
import { createAccessToken } from './access-token.ts';
import { createOrganization } from './organizations/create-organization.ts';
import { checkNewUser, type CreatedUser, insertUser, type NewUser } from './create-user.ts';
import { OAUTH_SCOPES } from './model.ts';
import { createSetupGate, type SetupOrigin } from './setup-gate.ts';
import type { SignInThrottle } from './sign-in-throttle.ts';
import { hasUsers, hasUsersExclusively } from './store.ts';

/** Under what wrong set-up tokens are counted; no user can have the name. */
const SETUP_LOGIN = '(set-up token)';

export interface FirstUserPorts {
  readonly db: Database;
  readonly passwords: PasswordHasher;
  readonly throttle: SignInThrottle;
  /** FEATURE_USER_INITIALIZE: whoever comes first may create the first user. */
  readonly openToAll: boolean;
  /** LIBRARY_NAMESPACE, when FEATURE_LIBRARY_SUPPORT is on. */
  readonly libraryNamespace: string | undefined;
}

export interface FirstUserRequest extends Omit<NewUser, 'superuser'> {
  /** Whether to answer with an access token that has all scopes. */
  readonly accessToken: boolean;
}

export interface FirstUser extends CreatedUser {
  /** Shown this once. */
  readonly accessToken: string | undefined;
}

export interface FirstUserSetup {
  /** To be printed while there is no user: whoever has it may create the first one. Random, void after its use. */
  readonly setupToken: string;
  /** Whether the first user is still to be created. */
  pending(): Promise<boolean>;
  /**
   * Creates the first user, a superuser, and the library organization. Errors: DENIED when the origin may not do this;
   * INVALID_REQUEST when there is a user already (also when several try at once) or the input is wrong; TOO_MANY_REQUESTS after
   * too many wrong set-up tokens from one address.
   */
  initialize(origin: SetupOrigin, request: FirstUserRequest): Promise<FirstUser>;
}

export function createFirstUserSetup(ports: FirstUserPorts): FirstUserSetup {
  const gate = createSetupGate(ports.openToAll);
  return {
    setupToken: gate.setupToken,
    pending: async () => !(await hasUsers(ports.db)),
    async initialize(origin, request) {
      // Only who shows a token may be guessing; nobody's guesses keep out who needs none.
      if (origin.setupToken !== undefined && !gate.admits({ ...origin, setupToken: undefined })) {
        const who = { address: addressKey(origin.clientAddress), login: SETUP_LOGIN };
        await ports.throttle.attempt(who, () => Promise.resolve(gate.admits(origin)));
      }
      gate.check(origin);
      // Asked here too, so that a registry in use never hashes for strangers.
      if (await hasUsers(ports.db)) throw alreadyInitialized();
      checkNewUser({ ...request, superuser: true });
      const passwordHash = await ports.passwords.hash(request.password);
      const user = await insertFirstUser(ports, request, passwordHash);
      gate.close();
      return user;
    },
  };
}

function insertFirstUser(ports: FirstUserPorts, request: FirstUserRequest, passwordHash: string): Promise<FirstUser> {
  return ports.db.transaction(async (tx) => {
    if (await hasUsersExclusively(tx)) throw alreadyInitialized();
    const by: AuditActor = { kind: 'user', name: request.name };
    const user = await insertUser(tx, { ...request, passwordHash, superuser: true }, by);
    const { libraryNamespace } = ports;
    if (libraryNamespace !== undefined && libraryNamespace !== user.name) {
      await createOrganization(tx, libraryNamespace, user, by);
    }
    if (!request.accessToken) return { ...user, accessToken: undefined };
    const { token } = await createAccessToken(tx, { userId: user.userId, scopes: OAUTH_SCOPES });
    return { ...user, accessToken: token };
  });
}

function alreadyInitialized(): AppError {
  return new AppError(
    'INVALID_REQUEST',
    'The first user exists already; sign in, or ask an administrator for an account',
  );
}
