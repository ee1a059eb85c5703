export type {
  FederatedIdentity,
  NewRobot,
  NewRobotToken,
  Robot,
  RobotInUse,
  RobotOwner,
  RobotToken,
  UsedFederatedIdentity,
} from './model.ts';
export type { RobotPorts, RobotServices, RobotSettings } from './open-robots.ts';
export type { ExchangedToken, IdentityVerdict, RobotFederation } from './robot-federation.ts';
export { isCredentialThere } from './robot-token-store.ts';
export type { Robots } from './robots.ts';
