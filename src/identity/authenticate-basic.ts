import type { AuthenticateAccessToken } from './access-token.ts';
import type { AuthenticatePassword } from './authenticate-password.ts';
import type { EncryptedPasswords } from './encrypted-password.ts';
import type { AccountActor } from './model.ts';
import { parseRobotName } from './robot-name.ts';
import type { AuthenticateRobot } from './robots/authenticate-robot.ts';

/** User name that makes the password an OAuth access token (Quay's convention). */
const ACCESS_TOKEN_LOGIN = '$oauthtoken';

/**
 * Signs in by what a client sends as Basic credentials (RFC 7617): a user name or e-mail address with the
 * password, plain or encrypted, or `$oauthtoken` with an access token. undefined: refused, without a hint why. Errors: TOO_MANY_REQUESTS
 * with Retry-After; `CredentialsRefused` with the reason. Access tokens cannot be guessed, so their failures are not counted.
 */
export type AuthenticateBasic = (
  login: string,
  secret: string,
  clientAddress: string,
) => Promise<AccountActor | undefined>;

export function createBasicAuthenticator(ports: {
  readonly authenticatePassword: AuthenticatePassword;
  readonly authenticateAccessToken: AuthenticateAccessToken;
  readonly encryptedPasswords: EncryptedPasswords;
  readonly authenticateRobot: AuthenticateRobot;
}): AuthenticateBasic {
  return (login, secret, clientAddress) => {
    if (login === ACCESS_TOKEN_LOGIN) return ports.authenticateAccessToken(secret);
    if (parseRobotName(login) !== undefined) return ports.authenticateRobot(login, secret, clientAddress);
    return ports.authenticatePassword(login, ports.encryptedPasswords.decrypt(secret) ?? secret, clientAddress);
  };
}
