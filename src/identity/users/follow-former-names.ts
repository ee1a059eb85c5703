import type { Database } from '../../platform/db/index.ts';
import type { AuthenticateBasic } from '../authenticate-basic.ts';
import { findCurrentName } from '../former-name-store.ts';
import { parseRobotName, robotName } from '../robot-name.ts';

/** Lets robots sign in under the former name of their owner too, as long as that leads to him. */
export function followFormerNames(db: Database, authenticate: AuthenticateBasic): AuthenticateBasic {
  return async (login, secret, clientAddress) => {
    const robot = parseRobotName(login);
    const owner = robot && (await findCurrentName(db, robot.owner));
    const name = robot === undefined || owner === undefined ? login : robotName({ ...robot, owner });
    return authenticate(name, secret, clientAddress);
  };
}
