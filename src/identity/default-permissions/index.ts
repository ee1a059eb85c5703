export {
  changeDefaultPermission,
  createDefaultPermission,
  deleteDefaultPermission,
  listDefaultPermissions,
} from './change-default-permission.ts';
export type { DefaultPermission, NewDefaultPermission, Person } from './change-default-permission.ts';
export { resolveDefaultGrants } from './resolve-default-grants.ts';
export type { DefaultGrant, DefaultRole } from './resolve-default-grants.ts';
