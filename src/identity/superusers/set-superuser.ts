import { AppError } from '../../kernel/errors.ts';
import type { Transaction } from '../../platform/db/index.ts';
import { type StandingRules, standingOf } from '../standing.ts';
import { type AdministeredBy, lockRegisteredUser, recordAsSuperuser } from './change-person.ts';
import type { RegisteredUser } from './find-persons.ts';
import { listEnabledPersons, lockFlaggedRows, type PersonRow, updateSuperuser } from '../superuser-store.ts';

/** Makes a user a superuser. Errors: NOT_FOUND; INVALID_REQUEST when that would have no effect. */
export async function grantSuperuser(
  tx: Transaction,
  rules: StandingRules,
  id: number,
  by: AdministeredBy,
): Promise<RegisteredUser> {
  const person = await lockRegisteredUser(tx, rules, id);
  if (person.superuser) return person;
  if (!rules.superusers) throw new AppError('INVALID_REQUEST', 'There are no superusers: FEATURE_SUPER_USERS is off');
  if (person.readOnlySuperuser) {
    throw new AppError('INVALID_REQUEST', `"${person.name}" is in GLOBAL_READONLY_SUPER_USERS, which goes before`);
  }
  if (!person.enabled) throw new AppError('INVALID_REQUEST', `"${person.name}" is disabled; enable the account first`);
  await updateSuperuser(tx, id, true);
  await recordAsSuperuser(tx, 'user_grant_superuser', person, by);
  return { ...person, superuser: true };
}

/**
 * Takes it away again, from the next request on. Errors: NOT_FOUND; INVALID_REQUEST for who is in SUPER_USERS, for oneself, and
 * for the last one who can act.
 */
export async function revokeSuperuser(
  tx: Transaction,
  rules: StandingRules,
  id: number,
  by: AdministeredBy,
): Promise<RegisteredUser> {
  // All of them, so that two cannot revoke each other at the same time.
  const flagged = await lockFlaggedRows(tx);
  const person = await lockRegisteredUser(tx, rules, id);
  if (rules.namedSuperusers.has(person.name)) {
    throw new AppError('INVALID_REQUEST', `"${person.name}" is a superuser by SUPER_USERS; remove the name there`);
  }
  if (!flagged.some((row) => row.id === id)) return person;
  if (by.userId === id) throw new AppError('INVALID_REQUEST', 'Nobody revokes himself; another superuser can');
  if (!(await isThereAnother(tx, rules, flagged, id))) throw isLast(person.name);
  await updateSuperuser(tx, id, false);
  await recordAsSuperuser(tx, 'user_revoke_superuser', person, by);
  return { ...person, superuser: false };
}

/**
 * Refuses to let a superuser's account go without whom nobody would administer the registry; so the last two cannot go at once. Who is
 * in SUPER_USERS may: whoever runs the registry can make the account again. Errors: INVALID_REQUEST.
 */
export async function checkNotLastSuperuser(
  tx: Transaction,
  rules: StandingRules,
  user: { readonly userId: number; readonly name: string },
): Promise<void> {
  if (!rules.superusers || rules.namedSuperusers.has(user.name)) return;
  const flagged = await lockFlaggedRows(tx);
  const own = flagged.find(({ id }) => id === user.userId);
  if (own === undefined || !isSuperuser(rules, own)) return;
  if (!(await isThereAnother(tx, rules, flagged, own.id))) throw isLast(user.name);
}

/** @param flagged all whom the database calls superusers */
async function isThereAnother(
  tx: Transaction,
  rules: StandingRules,
  flagged: readonly PersonRow[],
  id: number,
): Promise<boolean> {
  const candidates = [...flagged, ...(await listEnabledPersons(tx, [...rules.namedSuperusers]))];
  return candidates.some((row) => row.id !== id && row.enabled === 1 && isSuperuser(rules, row));
}

function isSuperuser(rules: StandingRules, { name, superuser }: PersonRow): boolean {
  return standingOf(rules, { name, isRobot: false, superuser: superuser === 1 }).superuser;
}

function isLast(name: string): AppError {
  return new AppError('INVALID_REQUEST', `"${name}" is the last superuser; make another one first`);
}
