import type { AuthenticateAccessToken } from './access-token.ts';
import type { AuthenticatePassword } from './authenticate-password.ts';
import type { EncryptedPasswords } from './encrypted-password.ts';
import type { UserActor } from './model.ts';

/** User name that makes the password an OAuth access token (Quay's convention). */
const ACCESS_TOKEN_LOGIN = '$oauthtoken';

/**
 * Signs in by what a client sends as Basic credentials (RFC 7617): a user name or e-mail address with the
 * password, plain or encrypted, or `$oauthtoken` with an access token. undefined: refused, without a hint why. Errors: TOO_MANY_REQUESTS
 * with Retry-After. Access tokens cannot be guessed, so their failures are not counted.
 */
export type AuthenticateBasic = (
  login: string,
  secret: string,
  clientAddress: string,
) => Promise<UserActor | undefined>;

export function createBasicAuthenticator(ports: {
  readonly authenticatePassword: AuthenticatePassword;
  readonly authenticateAccessToken: AuthenticateAccessToken;
  readonly encryptedPasswords: EncryptedPasswords;
}): AuthenticateBasic {
  return (login, secret, clientAddress) =>
    login === ACCESS_TOKEN_LOGIN
      ? ports.authenticateAccessToken(secret)
      : ports.authenticatePassword(login, ports.encryptedPasswords.decrypt(secret) ?? secret, clientAddress);
}
