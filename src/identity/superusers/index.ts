export { changePerson } from './change-person.ts';
export type { AdministeredBy, PersonChange } from './change-person.ts';
export { findPerson, listOrganizations, listPersons } from './find-persons.ts';
export type { RegisteredUser } from './find-persons.ts';
export { grantSuperuser, revokeSuperuser } from './set-superuser.ts';
