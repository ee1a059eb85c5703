import { AppError } from '../../kernel/errors.ts';
import type { Transaction } from '../../platform/db/index.ts';
import { type StandingRules, standingOf } from '../standing.ts';
import { type AdministeredBy, lockRegisteredUser, recordAsSuperuser } from './change-person.ts';
import type { RegisteredUser } from './find-persons.ts';
import { listEnabledPersons, lockFlaggedRows, updateSuperuser } from '../superuser-store.ts';

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
  const candidates = [...flagged, ...(await listEnabledPersons(tx, [...rules.namedSuperusers]))];
  const others = candidates.filter(
    (row) =>
      row.id !== id &&
      row.enabled === 1 &&
      standingOf(rules, { name: row.name, isRobot: false, superuser: row.superuser === 1 }).superuser,
  );
  if (others.length === 0) {
    throw new AppError('INVALID_REQUEST', `"${person.name}" is the last superuser; make another one first`);
  }
  await updateSuperuser(tx, id, false);
  await recordAsSuperuser(tx, 'user_revoke_superuser', person, by);
  return { ...person, superuser: false };
}
