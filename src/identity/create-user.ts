import { randomUUID } from 'node:crypto';
import { type AuditActor, recordAudit } from '../audit/index.ts';
import { AppError } from '../kernel/errors.ts';
import { isMailAddress } from '../kernel/mail-address.ts';
import { isNamespaceName } from '../kernel/reference.ts';
import { PASSWORD_MAX, type PasswordHasher } from '../platform/crypto/index.ts';
import type { Database, Transaction } from '../platform/db/index.ts';
import { RESERVED_NAMES } from './model.ts';
import { insertAccount, insertNamespace } from './store.ts';

export interface NewUser {
  readonly name: string;
  readonly email?: string | undefined;
  readonly password: string;
  readonly superuser: boolean;
}

export interface CreatedUser {
  readonly userId: number;
  readonly name: string;
  readonly email: string | undefined;
}

const PASSWORD_MIN = 8;

/**
 * Creates a user with a password; `more.facts` are recorded, too. Errors: INVALID_REQUEST with everything that is wrong with the input, also when the
 * name or the e-mail address is taken; TOO_MANY_REQUESTS when too many passwords are being hashed.
 */
export async function createUser(
  ports: { readonly db: Database; readonly passwords: PasswordHasher },
  user: NewUser,
  by: AuditActor,
  more: { readonly clientAddress?: string; readonly facts?: Readonly<Record<string, unknown>> } = {},
): Promise<CreatedUser> {
  checkNewUser(user);
  const passwordHash = await ports.passwords.hash(user.password);
  return ports.db.transaction((tx) => insertUser(tx, { ...user, passwordHash }, by, more.clientAddress, more.facts));
}

/** Errors: INVALID_REQUEST, listing every fault. */
export function checkNewUser(user: NewUser): void {
  const faults = [namespaceNameFault('user name', user.name), emailFault(user.email), passwordFault(user.password)];
  const found = faults.filter((fault) => fault !== undefined);
  if (found.length > 0) throw new AppError('INVALID_REQUEST', found.join('; '));
}

/** Writes a user that {@link checkNewUser} has accepted. Errors: INVALID_REQUEST when a name or address is taken. */
export async function insertUser(
  tx: Transaction,
  user: Omit<NewUser, 'password'> & { readonly passwordHash: string },
  by: AuditActor,
  clientAddress?: string,
  facts: Readonly<Record<string, unknown>> = {},
): Promise<CreatedUser> {
  const userId = await insertNamespace(tx, user.name, 'user');
  if (userId === undefined) throw nameTaken(user.name);
  const email = user.email?.toLowerCase();
  const inserted = await insertAccount(tx, {
    namespace_id: userId,
    uuid: randomUUID(),
    email: email ?? null,
    password_hash: user.passwordHash,
    superuser: user.superuser ? 1 : 0,
  });
  if (!inserted) throw new AppError('INVALID_REQUEST', `The e-mail address "${email}" belongs to another user`);
  const metadata = { username: user.name, ...facts };
  await recordAudit(tx, { kind: 'user_create', actor: by, namespaceId: userId, clientAddress, metadata });
  return { userId, name: user.name, email };
}

/** What is wrong with a name for a user or an organization, as the part of a sentence; undefined: nothing. */
export function namespaceNameFault(what: string, name: string): string | undefined {
  if (!isNamespaceName(name)) {
    return `The ${what} ${quote(name)} must be 2 to 255 lower-case letters and digits, with single ".", "_" or "-" between`;
  }
  return RESERVED_NAMES.has(name) ? nameReserved(what, name) : undefined;
}

/** As the part of a sentence. */
export function nameReserved(what: string, name: string): string {
  return `The ${what} ${quote(name)} is reserved; choose another one`;
}

export function nameTaken(name: string): AppError {
  return new AppError('INVALID_REQUEST', `The name ${quote(name)} is taken by a user or an organization`);
}

/** What is wrong with an e-mail address, as a sentence; undefined: nothing. */
export function emailFault(email: string | undefined): string | undefined {
  if (email === undefined || isMailAddress(email)) return undefined;
  return `${quote(email)} is not an e-mail address`;
}

/** What is wrong with a new password, as a sentence; undefined: nothing. */
export function passwordFault(password: string): string | undefined {
  if (password.length >= PASSWORD_MIN && password.length <= PASSWORD_MAX && !/\s/.test(password)) return undefined;
  return `The password must have ${PASSWORD_MIN} to ${PASSWORD_MAX} characters and no white space`;
}

function quote(text: string): string {
  return `"${text.length > 64 ? `${text.slice(0, 64)}…` : text}"`;
}
