import type { Clock } from '../../kernel/clock.ts';
import { equalSecrets, type SecretBox } from '../../platform/crypto/index.ts';
import type { Database } from '../../platform/db/index.ts';
import { addressKey } from '../../platform/limits/index.ts';
import { CredentialsRefused } from '../credentials-refused.ts';
import type { LoadActor } from '../load-actor.ts';
import type { RobotActor } from '../model.ts';
import type { RegistryTokens } from '../registry-token.ts';
import { parseRobotName } from '../robot-name.ts';
import type { SignInGuard } from '../sign-in-guard.ts';
import { robotRefusal, type RobotRules } from './robot-rules.ts';
import { openRobotToken } from './robot-token.ts';
import { findRobotSecrets, type RobotSecretRow } from './robot-token-store.ts';
import type { RobotUses } from './robot-uses.ts';

/**
 * Signs in by `owner+short` and one of the robot's tokens, or what was given in exchange for a token of a federated identity.
 * undefined: wrong, unknown, or it or its owner is disabled. Errors: `CredentialsRefused` when what was right has expired, or when there
 * may be no such robot; TOO_MANY_REQUESTS.
 */
export type AuthenticateRobot = (
  name: string,
  secret: string,
  clientAddress: string,
) => Promise<RobotActor | undefined>;

export interface RobotAuthenticatorPorts {
  readonly db: Database;
  readonly box: SecretBox;
  readonly clock: Clock;
  readonly guard: SignInGuard;
  readonly loadActor: LoadActor;
  readonly registryTokens: Pick<RegistryTokens, 'verify'>;
  readonly uses: RobotUses;
}

/** Three parts, as a JSON Web Token has them. */
const SIGNED = /^[\w-]+\.[\w-]+\.[\w-]+$/;

export function createRobotAuthenticator(ports: RobotAuthenticatorPorts, rules: RobotRules): AuthenticateRobot {
  const { db, box, clock, guard, uses } = ports;
  const decoy = { uuid: 'decoy', token_encrypted: box.seal('', 'robot_token:decoy') };

  function prove(rows: readonly RobotSecretRow[], secret: string): RobotActor | undefined {
    // The same work whether or not there is such a robot.
    if (rows.length === 0) openRobotToken(box, decoy);
    const row = rows.find((candidate) => equalSecrets(openRobotToken(box, candidate), secret));
    if (row?.enabled !== 1 || row.owner_enabled !== 1) return undefined;
    const now = clock.now();
    refuseExpired(row.robot_expires_at, now, `The robot "${row.name}"`);
    refuseExpired(row.expires_at, now, `The token "${row.token_name}" of the robot "${row.name}"`);
    const ends = [row.robot_expires_at, row.expires_at].filter((time) => time !== null);
    return {
      kind: 'robot',
      userId: row.user_id,
      name: row.name,
      passwordVersion: row.password_version,
      scopes: undefined,
      credential: row.token_id,
      ...(ends.length === 0 ? {} : { notAfter: Math.min(...ends) }),
    };
  }

  return async (name, secret, clientAddress) => {
    if (parseRobotName(name) === undefined) return undefined;
    const refusal = robotRefusal(rules, name);
    if (refusal !== undefined) throw new CredentialsRefused(refusal);
    const actor = SIGNED.test(secret)
      ? // Nobody guesses a signature, so failures are not counted: runners of a build service share their addresses.
        await exchanged(ports, name, secret)
      : await byToken(name, secret, clientAddress);
    if (actor?.credential !== undefined) uses.note(actor.userId, actor.credential);
    return actor;
  };

  async function byToken(name: string, secret: string, clientAddress: string): Promise<RobotActor | undefined> {
    const rows = await findRobotSecrets(db, name);
    const owner = `robot:${rows[0]?.user_id}:${rows[0]?.password_version}`;
    const credentials = { address: addressKey(clientAddress), login: name, owner, secret };
    // Nobody guesses 64 characters, so what is right always gets in; what is wrong is counted and delayed. A job that goes on with a
    // token that has ended must not keep out those beside it, behind the same address, that have a new one.
    return prove(rows, secret) ?? guard.attempt(credentials, () => Promise.resolve(undefined));
  }
}

/** What the exchange of federated tokens gave, used as a password. */
async function exchanged(
  { registryTokens, loadActor }: RobotAuthenticatorPorts,
  name: string,
  secret: string,
): Promise<RobotActor | undefined> {
  const grant = await registryTokens.verify(secret);
  // A token of the registry protocol is no password, or whoever has one could have new ones for ever.
  if (grant?.exchanged !== true || grant.actor.kind !== 'robot' || grant.actor.name !== name) return undefined;
  const { userId, passwordVersion, credential } = grant.actor;
  const live = await loadActor(userId, passwordVersion, credential);
  return live === undefined ? undefined : grant.actor;
}

/** Errors: `CredentialsRefused`. */
export function refuseExpired(expiresAt: number | null, now: number, what: string): void {
  if (expiresAt === null || expiresAt > now) return;
  const since = new Date(expiresAt).toISOString().slice(0, 16).replace('T', ' ');
  throw new CredentialsRefused(`${what} expired at ${since} UTC; ask its owner for a new one`);
}
