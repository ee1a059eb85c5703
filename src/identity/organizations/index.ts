export { changeOrganization } from './change-organization.ts';
export type { OrganizationChange } from './change-organization.ts';
export { organizationSettings } from './config.ts';
export type { OrganizationSettings, TagExpirationSettings } from './config.ts';
export { createOrganization } from './create-organization.ts';
export type { CreatedOrganization, NewOrganizationDetails } from './create-organization.ts';
export { findOrganization } from './find-organization.ts';
export type { Organization } from './find-organization.ts';
export type { OrganizationKey } from './lock-organization.ts';
