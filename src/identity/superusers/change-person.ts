import { type AuditKind, recordAudit } from '../../audit/index.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Transaction } from '../../platform/db/index.ts';
import type { ChangedBy } from '../audit-actor.ts';
import { emailFault } from '../create-user.ts';
import type { StandingRules } from '../standing.ts';
import { deleteConfirmationsFor } from '../users/confirmation-store.ts';
import { type RegisteredUser, toPerson } from './find-persons.ts';
import { lockPersonRow, updateEmail, updateEnabled, updatePassword } from '../superuser-store.ts';

/** Who administers: a superuser, or the operator at the machine itself, who may change superusers too. */
export interface AdministeredBy extends ChangedBy {
  /** undefined: the operator. */
  readonly userId: number | undefined;
}

/** What to change; what is undefined stays. */
export interface PersonChange {
  /** The hash of a password that was found good. */
  readonly passwordHash?: string | undefined;
  readonly email?: string | undefined;
  /** False: he cannot sign in, and nothing that was issued to him or his robots holds any more, from now on. */
  readonly enabled?: boolean | undefined;
}

/**
 * Changes another one's account, with a record of each change. A new password and disabling void sessions, registry and refresh
 * tokens for good, and codes for a new password; access tokens and robots rest while the account is disabled.
 * Errors: NOT_FOUND when he is gone; DENIED for another superuser, and for disabling oneself; INVALID_REQUEST when the
 * address is none or taken.
 */
export async function changePerson(
  tx: Transaction,
  rules: StandingRules,
  id: number,
  change: PersonChange,
  by: AdministeredBy,
): Promise<RegisteredUser> {
  const before = await lockRegisteredUser(tx, rules, id);
  const self = by.userId === before.id;
  if (!self) refuseSuperuser(before, by);
  const record = (kind: AuditKind, facts: Readonly<Record<string, unknown>> = {}) =>
    recordAsSuperuser(tx, kind, before, by, facts);

  if (change.passwordHash !== undefined) {
    await updatePassword(tx, id, change.passwordHash);
    await deleteConfirmationsFor(tx, id, 'recover');
    await record('user_change_password');
  }
  const email = change.email?.toLowerCase();
  if (email !== undefined && email !== before.email) {
    const fault = emailFault(email);
    if (fault !== undefined) throw new AppError('INVALID_REQUEST', fault);
    if (!(await updateEmail(tx, id, email))) {
      throw new AppError('INVALID_REQUEST', `The e-mail address "${email}" belongs to another user`);
    }
    await record('user_change_email', { old_email: before.email ?? '', email });
  }
  if (change.enabled !== undefined && change.enabled !== before.enabled) {
    if (self) throw new AppError('DENIED', 'Nobody disables his own account; another superuser can');
    await updateEnabled(tx, id, change.enabled);
    await deleteConfirmationsFor(tx, id, 'recover');
    await record(change.enabled ? 'user_enable' : 'user_disable');
  }
  return lockRegisteredUser(tx, rules, id);
}

/** Errors: NOT_FOUND when he has been deleted meanwhile. */
export async function lockRegisteredUser(tx: Transaction, rules: StandingRules, id: number): Promise<RegisteredUser> {
  const row = await lockPersonRow(tx, id);
  if (row === undefined) throw new AppError('NOT_FOUND', 'There is no such user any more');
  return toPerson(rules, row);
}

/**
 * Holds a user's account for somebody who may do anything with it, until the transaction ends. Errors: NOT_FOUND when he is
 * gone; DENIED when he is a superuser: they do not administer each other, and nobody himself.
 */
export async function administerUser(
  tx: Transaction,
  rules: StandingRules,
  id: number,
  by: AdministeredBy,
): Promise<RegisteredUser> {
  const user = await lockRegisteredUser(tx, rules, id);
  refuseSuperuser(user, by);
  return user;
}

function refuseSuperuser({ name, superuser }: RegisteredUser, by: AdministeredBy): void {
  if (!superuser || by.userId === undefined) return;
  throw new AppError('DENIED', `"${name}" is a superuser; revoke that first`);
}

export async function recordAsSuperuser(
  tx: Transaction,
  kind: AuditKind,
  person: Pick<RegisteredUser, 'id' | 'name'>,
  by: AdministeredBy,
  facts: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await recordAudit(tx, {
    kind,
    actor: by.actor,
    namespaceId: person.id,
    clientAddress: by.clientAddress,
    metadata: { username: person.name, superuser: by.actor.name, ...facts },
  });
}
