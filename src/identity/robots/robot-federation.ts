import { type AuditActor, type AuditEntry, recordAudit } from '../../audit/index.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Database, Transaction } from '../../platform/db/index.ts';
import { addressKey, Buckets } from '../../platform/limits/index.ts';
import type { Logger } from '../../platform/log/index.ts';
import type { GuardedFetch } from '../../platform/net/index.ts';
import { CredentialsRefused } from '../credentials-refused.ts';
import type { IssuedToken, RegistryTokens } from '../registry-token.ts';
import { parseRobotName } from '../robot-name.ts';
import { refuseExpired } from './authenticate-robot.ts';
import { findFederatedRobot, listFederatedIdentities, replaceFederatedIdentities, textOf } from './federation-store.ts';
import { createIssuerKeys, issuerAddressFault, type IssuerRules } from './issuer-keys.ts';
import { type Claims, mismatches } from './match-identity.ts';
import type { FederatedIdentity, Robot, RobotOwner, StoredFederatedIdentity, UsedFederatedIdentity } from './model.ts';
import { lockRobot } from './robot-store.ts';
import { robotRefusal, type RobotRules } from './robot-rules.ts';
import type { RobotUses } from './robot-uses.ts';
import { createExternalTokenVerifier, readClaims } from './verify-external-token.ts';

/** What a test of a token found about one federated identity of a robot. */
export interface IdentityVerdict<I extends FederatedIdentity = FederatedIdentity> {
  readonly identity: I;
  readonly matches: boolean;
  /** In words; none: it matches. */
  readonly reasons: readonly string[];
}

export interface ExchangedToken extends IssuedToken {
  /** For the log: that the exchange took place. */
  readonly record: AuditEntry;
}

/** Robots without a secret: programs prove who they are by tokens of an OpenID Connect issuer, such as that of a build service. */
export interface RobotFederation {
  list(robot: Robot): Promise<readonly UsedFederatedIdentity[]>;
  /**
   * Puts these in place of all that there were; what was issued for those that are gone ends at once. Errors: INVALID_REQUEST when
   * an issuer has no usable address, or two are the same; ADDRESS_NOT_ALLOWED.
   */
  replace(
    tx: Transaction,
    owner: RobotOwner,
    robot: Robot,
    identities: readonly FederatedIdentity[],
    by: AuditActor,
  ): Promise<void>;
  remove(tx: Transaction, owner: RobotOwner, robot: Robot, by: AuditActor): Promise<void>;
  /** Says which identities of the robot a token fits, and why not. For its administrator alone. */
  examine(
    robot: Robot,
    token: string,
  ): Promise<{ readonly claims: Claims | undefined; readonly verdicts: readonly IdentityVerdict[] }>;
  /**
   * Gives a password of one hour at most for a token of a federated identity. undefined: refused, without a hint why. Errors:
   * `CredentialsRefused` when the token was right but the robot has expired, or when there may be no such robot; TOO_MANY_REQUESTS in
   * place of a refusal after too many from the address. What is right is never kept waiting.
   */
  exchange(name: string, token: string, clientAddress: string): Promise<ExchangedToken | undefined>;
}

export interface RobotFederationPorts {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly net: Pick<GuardedFetch, 'fetch' | 'check'>;
  readonly registryTokens: Pick<RegistryTokens, 'issue'>;
  readonly uses: RobotUses;
}

/** How many refusals an address is given at once, and then one in ten seconds. Jobs of many people may share it, the right ones too. */
const REFUSALS = { perSecond: 0.1, burst: 30 };
/** Of what was sent as a name, in characters. */
const NAME_SHOWN = 100;

export function createRobotFederation(ports: RobotFederationPorts, rules: RobotRules & IssuerRules): RobotFederation {
  const { db, clock, log, net, registryTokens, uses } = ports;
  const verify = createExternalTokenVerifier({ keys: createIssuerKeys({ net, clock }, rules), clock });
  const refusals = new Buckets(REFUSALS, clock);

  /** Tells the operator why, but not the client. Errors: TOO_MANY_REQUESTS. */
  function refuse(robot: string, clientAddress: string, reasons: readonly string[]): undefined {
    const waitMs = refusals.take(addressKey(clientAddress));
    if (waitMs > 0) throw tooManyRefused(Math.ceil(waitMs / 1000));
    log.info({ robot, client: clientAddress, reasons: reasons.slice(0, 20) }, 'A token was not accepted for a robot');
  }

  async function judge<I extends FederatedIdentity>(
    identities: readonly I[],
    token: string,
  ): Promise<{ readonly claims: Claims | undefined; readonly verdicts: readonly IdentityVerdict<I>[] }> {
    const claims = readClaims(token);
    const issuer = claims?.['iss'];
    // Nobody but an issuer that the robot trusts is asked for keys.
    const trusted = typeof issuer === 'string' && identities.some((identity) => identity.issuer === issuer);
    const verified = trusted ? await verify(token, issuer) : undefined;
    const verdicts = identities.map((identity) => {
      const reasons =
        claims === undefined
          ? ['This is not a JSON Web Token']
          : [
              ...(verified !== undefined && 'fault' in verified && identity.issuer === issuer ? [verified.fault] : []),
              ...mismatches(identity, claims),
            ];
      return { identity, matches: reasons.length === 0, reasons };
    });
    return { claims, verdicts };
  }

  return {
    async list(robot) {
      const stored = await listFederatedIdentities(db, robot.userId);
      return stored.map((identity) => ({ ...withoutId(identity), lastUsedAt: identity.lastUsedAt }));
    },
    async replace(tx, owner, robot, identities, by) {
      for (const { issuer } of identities) {
        const fault = issuerAddressFault(issuer, rules);
        if (fault !== undefined) throw new AppError('INVALID_REQUEST', fault);
        net.check(issuer);
      }
      if (new Set(identities.map(textOf)).size < identities.length) {
        throw new AppError('INVALID_REQUEST', 'Two of the federated identities are the same');
      }
      await lockRobot(tx, robot.userId);
      await replaceFederatedIdentities(tx, robot.userId, identities);
      const metadata = { robot: parseRobotName(robot.name)?.shortName, config: identities };
      await recordAudit(tx, { kind: 'create_robot_federation', actor: by, namespaceId: owner.id, metadata });
    },
    async remove(tx, owner, robot, by) {
      await lockRobot(tx, robot.userId);
      const removed = await replaceFederatedIdentities(tx, robot.userId, []);
      if (removed === 0) return;
      const metadata = { robot: parseRobotName(robot.name)?.shortName };
      await recordAudit(tx, { kind: 'delete_robot_federation', actor: by, namespaceId: owner.id, metadata });
    },
    examine: async (robot, token) => {
      const { claims, verdicts } = await judge(await listFederatedIdentities(db, robot.userId), token);
      return { claims, verdicts: verdicts.map((verdict) => ({ ...verdict, identity: withoutId(verdict.identity) })) };
    },
    async exchange(name, token, clientAddress) {
      const refused = (...reasons: readonly string[]) => refuse(name.slice(0, NAME_SHOWN), clientAddress, reasons);
      if (parseRobotName(name) === undefined) return refused('This is not the full name of a robot');
      const refusal = robotRefusal(rules, name);
      if (refusal !== undefined) throw new CredentialsRefused(refusal);
      // Nothing is read for what nobody could have signed.
      const claims = readClaims(token);
      if (claims === undefined) return refused('This is not a JSON Web Token');
      const robot = await findFederatedRobot(db, name);
      if (robot === undefined) return refused('There is no such robot, or it or its owner is disabled');
      const { verdicts } = await judge(await listFederatedIdentities(db, robot.user_id), token);
      const match = verdicts.find(({ matches }) => matches)?.identity;
      if (match === undefined) return refused(...verdicts.flatMap((verdict) => verdict.reasons));
      refuseExpired(robot.expires_at, clock.now(), `The robot "${name}"`);
      uses.note(robot.user_id, -match.id);
      const actor = {
        kind: 'robot',
        userId: robot.user_id,
        name,
        passwordVersion: robot.password_version,
        scopes: undefined,
        credential: -match.id,
        ...(robot.expires_at === null ? {} : { notAfter: robot.expires_at }),
      } as const;
      const issued = await registryTokens.issue({ actor, access: [], exchanged: true });
      const { issuer, subject } = match;
      return {
        ...issued,
        record: {
          kind: 'federated_robot_token_exchange',
          actor: { kind: 'robot', name },
          namespaceId: robot.owner_id ?? undefined,
          clientAddress,
          metadata: { robot: name, issuer, subject: subject ?? claims['sub'] },
        },
      };
    },
  };
}

function tooManyRefused(seconds: number): AppError {
  const message = 'Too many tokens from your address were not accepted; a right one is taken at any time';
  return new AppError('TOO_MANY_REQUESTS', message, { headers: { 'Retry-After': String(seconds) } });
}

function withoutId({ issuer, subject, audiences, claims }: StoredFederatedIdentity): FederatedIdentity {
  return {
    issuer,
    ...(subject === undefined ? {} : { subject }),
    ...(audiences === undefined ? {} : { audiences }),
    ...(claims === undefined ? {} : { claims }),
  };
}
