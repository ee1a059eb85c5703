import type { Logger } from 'pino';
import type { Clock } from '../kernel/clock.ts';
import { isNamespaceName } from '../kernel/reference.ts';
import { addressKey } from '../platform/limits/index.ts';
import { createVerifiedSecrets, type PasswordHasher } from '../platform/crypto/index.ts';
import type { Database } from '../platform/db/index.ts';
import type { UserActor } from './model.ts';
import type { SignInGuard } from './sign-in-guard.ts';
import type { LastUse } from './users/last-use.ts';
import { type AccountRow, findAccountByEmail, findAccountByName, replacePasswordHash } from './store.ts';

const EMAIL_MAX = 254;

export interface PasswordAuthenticatorPorts {
  readonly db: Database;
  readonly passwords: PasswordHasher;
  readonly clock: Clock;
  readonly log: Logger;
  readonly guard: SignInGuard;
  /** Whether who has not confirmed his e-mail address is kept out. */
  readonly confirmsAddresses: boolean;
  readonly lastUse: LastUse;
}

/** What signing in with a password has come to. */
export type SignInOutcome =
  | { readonly kind: 'right'; readonly user: UserActor }
  | { readonly kind: 'wrong' }
  /** The password is right, but the e-mail address is still to be confirmed. */
  | { readonly kind: 'unverified'; readonly user: UserActor };

export type CheckPassword = (login: string, password: string, clientAddress: string) => Promise<SignInOutcome>;

/**
 * Signs in by user name or e-mail address. undefined: wrong, unknown or disabled, all by the same path and in the same
 * time, or with an address that is still to be confirmed. Errors: TOO_MANY_REQUESTS when too many passwords are being checked, or
 * after too many wrong ones.
 */
export type AuthenticatePassword = (
  login: string,
  password: string,
  clientAddress: string,
) => Promise<UserActor | undefined>;

/** The same, and tells whoever knows the password what is missing. */
export function createPasswordCheck(ports: PasswordAuthenticatorPorts): CheckPassword {
  const verified = createVerifiedSecrets(ports.clock);

  async function check(account: AccountRow | undefined, owner: string, password: string): Promise<boolean> {
    if (account?.enabled === 1 && verified.has(owner, password)) return true;
    const result = await ports.passwords.check(password, account?.password_hash ?? undefined);
    if (result === 'wrong' || account?.enabled !== 1) return false;
    verified.remember(owner, password);
    if (result === 'right-but-outdated') await upgradeHash(ports, account, password);
    return true;
  }

  return async (login, password, clientAddress) => {
    const account = await findAccount(ports.db, login);
    const owner = `${account?.user_id}:${account?.password_version}`;
    const credentials = { address: addressKey(clientAddress), login, owner, secret: password };
    const user = await ports.guard.attempt(credentials, async () => {
      const right = await check(account, owner, password);
      return right && account !== undefined ? actorOf(account) : undefined;
    });
    if (user === undefined) return { kind: 'wrong' };
    if (account?.verified === 0 && ports.confirmsAddresses) return { kind: 'unverified', user };
    ports.lastUse.note(user.userId);
    return { kind: 'right', user };
  };
}

export function authenticateBy(checkPassword: CheckPassword): AuthenticatePassword {
  return async (login, password, clientAddress) => {
    const outcome = await checkPassword(login, password, clientAddress);
    return outcome.kind === 'right' ? outcome.user : undefined;
  };
}

async function findAccount(db: Database, login: string): Promise<AccountRow | undefined> {
  if (isNamespaceName(login)) return findAccountByName(db, login);
  if (login.includes('@') && login.length <= EMAIL_MAX) return findAccountByEmail(db, login.toLowerCase());
  return undefined;
}

/** The password is right whether or not this works, so a failure is only logged. */
async function upgradeHash(ports: PasswordAuthenticatorPorts, account: AccountRow, password: string): Promise<void> {
  try {
    const hash = await ports.passwords.hash(password);
    await ports.db.transaction((tx) =>
      replacePasswordHash(tx, account.user_id, { old: account.password_hash ?? '', new: hash }),
    );
  } catch (error) {
    ports.log.warn({ err: error, user: account.name }, 'An outdated password hash could not be replaced');
  }
}

function actorOf(account: AccountRow): UserActor {
  return {
    kind: 'user',
    userId: account.user_id,
    name: account.name,
    passwordVersion: account.password_version,
    scopes: undefined,
  };
}
