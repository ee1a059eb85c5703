import { parseRobotName } from './robot-name.ts';

const BY_LOGIN: Readonly<Record<string, string>> = {
  $oauthtoken: 'The access token is wrong, has expired or was withdrawn; use another one',
  $app: 'The app token is wrong, has expired or was revoked; make a new one in your account settings',
  $token: 'The token is wrong or has expired',
};

/**
 * What a person reads whose credentials were refused. It depends on nothing but the user name that he has typed, so it tells nobody
 * which accounts exist or how near a guess was.
 */
export function explainRefusal(login: string): string {
  const known = Object.hasOwn(BY_LOGIN, login) ? BY_LOGIN[login] : undefined;
  if (known !== undefined) return known;
  if (parseRobotName(login) !== undefined) {
    return 'The name of the robot or its token is wrong; its owner can show the token or make a new one';
  }
  return 'The user name, password or token is wrong';
}
