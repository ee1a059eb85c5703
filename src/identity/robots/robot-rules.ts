/** ROBOTS_DISALLOW and ROBOTS_WHITELIST. */
export interface RobotRules {
  /** No robots at all. */
  readonly disallowed: boolean;
  /** Full names (`owner+short`) of those that there may be all the same. */
  readonly exceptions: readonly string[];
}

/** Why there must be no robot of this name; undefined: there may. Tells nothing about whether there is one. */
export function robotRefusal({ disallowed, exceptions }: RobotRules, name: string): string | undefined {
  if (!disallowed || exceptions.includes(name)) return undefined;
  return 'Robot accounts are switched off in this registry (ROBOTS_DISALLOW); sign in as a user, or ask its operator for an exception (ROBOTS_WHITELIST)';
}
