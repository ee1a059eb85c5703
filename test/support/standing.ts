import type { StandingRules } from '../../src/identity/index.ts';

/** Nobody is a superuser but by the database, nobody has full access, and nobody is restricted. */
export const STANDING: StandingRules = {
  superusers: true,
  namedSuperusers: new Set(),
  readOnlySuperusers: new Set(),
  fullAccess: false,
  onlySuperusersMakeOrganizations: false,
  unrestrictedUsers: undefined,
};
