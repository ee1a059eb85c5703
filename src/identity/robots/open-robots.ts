import type { Clock } from '../../kernel/clock.ts';
import type { SecretBox } from '../../platform/crypto/index.ts';
import type { Database } from '../../platform/db/index.ts';
import type { Logger } from '../../platform/log/index.ts';
import { createGuardedFetch, type GuardedFetch } from '../../platform/net/index.ts';
import type { LoadActor } from '../load-actor.ts';
import type { RegistryTokens } from '../registry-token.ts';
import type { SignInGuard } from '../sign-in-guard.ts';
import { type AuthenticateRobot, createRobotAuthenticator } from './authenticate-robot.ts';
import type { IssuerRules } from './issuer-keys.ts';
import type { RobotInUse } from './model.ts';
import { createRobotFederation, type RobotFederation } from './robot-federation.ts';
import type { RobotRules } from './robot-rules.ts';
import { createRobotUses } from './robot-uses.ts';
import { createRobots, type Robots } from './robots.ts';

export type RobotSettings = RobotRules & IssuerRules;

/** What robots need of those who put identity together. */
export interface RobotPorts {
  /** How issuers are reached; undefined: public addresses alone. */
  readonly net?: Pick<GuardedFetch, 'fetch' | 'check'> | undefined;
  /** undefined: nothing refers to robots. */
  readonly robotInUse?: RobotInUse | undefined;
}

export interface RobotServices {
  readonly robots: Robots;
  readonly robotFederation: RobotFederation;
  readonly authenticateRobot: AuthenticateRobot;
  /** Writes what is noted of their use. */
  readonly flushRobotUses: () => Promise<void>;
}

export function openRobots(
  ports: RobotPorts & {
    readonly db: Database;
    readonly box: SecretBox;
    readonly clock: Clock;
    readonly log: Logger;
    readonly guard: SignInGuard;
    readonly loadActor: LoadActor;
    readonly registryTokens: RegistryTokens;
  },
  settings: RobotSettings,
): RobotServices {
  const { net = createGuardedFetch() } = ports;
  const uses = createRobotUses(ports);
  return {
    robots: createRobots(ports, settings),
    robotFederation: createRobotFederation({ ...ports, net, uses }, settings),
    authenticateRobot: createRobotAuthenticator({ ...ports, uses }, settings),
    flushRobotUses: () => uses.flush(),
  };
}
