export { administerUser, changePerson } from './change-person.ts';
export type { AdministeredBy, PersonChange } from './change-person.ts';
export { findPerson, listOrganizations, listPersons } from './find-persons.ts';
export type { RegisteredUser } from './find-persons.ts';
export { checkNotLastSuperuser, grantSuperuser, revokeSuperuser } from './set-superuser.ts';
export { releaseUser, takeOrganization } from './take-ownership.ts';
export type { NewOwner } from './take-ownership.ts';
