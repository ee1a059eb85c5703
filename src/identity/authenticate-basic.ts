import { addressKey } from '../platform/limits/index.ts';
import type { AuthenticateAccessToken } from './access-token.ts';
import type { AuthenticatePassword } from './authenticate-password.ts';
import { CredentialsRefused } from './credentials-refused.ts';
import type { EncryptedPasswords } from './encrypted-password.ts';
import type { AccountActor } from './model.ts';
import type { AppTokens } from './oauth/app-tokens.ts';
import { parseRobotName } from './robot-name.ts';
import type { AuthenticateRobot } from './robots/authenticate-robot.ts';
import type { SignInThrottle } from './sign-in-throttle.ts';

/** User names that say what the password is (Quay's convention): an access token, and a token of a user's client. */
const ACCESS_TOKEN_LOGIN = '$oauthtoken';
const APP_TOKEN_LOGIN = '$app';
/** One of builds, of which there are none. */
const LEGACY_TOKEN_LOGIN = '$token';

/**
 * Signs in by what a client sends as Basic credentials (RFC 7617): a user name or e-mail address with the
 * password, plain or encrypted; a robot with its token; `$oauthtoken` with an access token, `$app` with an app token.
 * undefined: refused, without a hint why. Errors: TOO_MANY_REQUESTS with Retry-After; `CredentialsRefused` with the reason, as for a
 * plain password, right or wrong, where only encrypted ones are taken.
 */
export type AuthenticateBasic = (
  login: string,
  secret: string,
  clientAddress: string,
) => Promise<AccountActor | undefined>;

export interface BasicAuthenticatorPorts {
  readonly authenticatePassword: AuthenticatePassword;
  readonly authenticateAccessToken: AuthenticateAccessToken;
  readonly encryptedPasswords: EncryptedPasswords;
  readonly authenticateRobot: AuthenticateRobot;
  readonly appTokens: Pick<AppTokens, 'authenticate'>;
  readonly throttle: SignInThrottle;
  /** FEATURE_REQUIRE_ENCRYPTED_BASIC_AUTH. */
  readonly encryptedPasswordsOnly: boolean;
}

export function createBasicAuthenticator(ports: BasicAuthenticatorPorts): AuthenticateBasic {
  function byToken(login: string, secret: string): Promise<AccountActor | undefined> | undefined {
    if (login === ACCESS_TOKEN_LOGIN) return ports.authenticateAccessToken(secret);
    if (login === APP_TOKEN_LOGIN) return ports.appTokens.authenticate(secret);
    return login === LEGACY_TOKEN_LOGIN ? Promise.resolve(undefined) : undefined;
  }

  return async (login, secret, clientAddress) => {
    const found = byToken(login, secret);
    if (found !== undefined) {
      const actor = await found;
      // A token cannot be guessed, so who has the right one never waits; who guesses anyway is made slow.
      if (actor === undefined) await ports.throttle.attempt({ address: addressKey(clientAddress), login }, isWrong);
      return actor;
    }
    if (parseRobotName(login) !== undefined) return ports.authenticateRobot(login, secret, clientAddress);
    const password = ports.encryptedPasswords.decrypt(secret);
    // Told before the password is looked at, so that it tells nothing about it.
    if (password === undefined && ports.encryptedPasswordsOnly) throw new CredentialsRefused(PLAIN_PASSWORD);
    return ports.authenticatePassword(login, password ?? secret, clientAddress);
  };
}

const PLAIN_PASSWORD =
  'This registry takes no plain passwords from clients; sign in with an encrypted password or a token from your account settings, or as a robot';

const isWrong = (): Promise<boolean> => Promise.resolve(false);
