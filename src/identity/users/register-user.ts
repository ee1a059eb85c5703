import type { AuditActor } from '../../audit/index.ts';
import { AppError } from '../../kernel/errors.ts';
import type { PasswordHasher } from '../../platform/crypto/index.ts';
import type { Database, Transaction } from '../../platform/db/index.ts';
import type { Mailer } from '../../platform/mail/index.ts';
import type { ChangedBy } from '../audit-actor.ts';
import { checkNewUser, insertUser, nameReserved } from '../create-user.ts';
import type { UserActor } from '../model.ts';
import { isNameOfStanding, type StandingRules } from '../standing.ts';
import { hasUsers } from '../store.ts';
import { acceptTeamInvite } from '../teams/answer-invite.ts';
import { isBlockedAddress } from './mail-domains.ts';
import type { MailConfirmations } from './mail-confirmations.ts';
import { insertPrompts, readUserByEmail, updateAccount } from './store.ts';

/** What somebody says who makes an account for himself; nothing else of his request counts. */
export interface SignUp {
  readonly name: string;
  readonly password: string;
  readonly email?: string | undefined;
  /** Of an invitation to a team. */
  readonly inviteCode?: string | undefined;
}

export type SignedUp =
  | { readonly kind: 'ready'; readonly user: UserActor }
  /** A mail was sent to the address; the account works when the link in it was followed. */
  | { readonly kind: 'awaiting-verification' };

export interface SignUpPorts {
  readonly db: Database;
  readonly passwords: PasswordHasher;
  readonly mailer: Mailer;
  readonly confirmations: MailConfirmations;
  readonly settings: {
    readonly inviteOnly: boolean;
    readonly metadata: boolean;
    readonly blockedMailDomains: readonly string[];
    /** FEATURE_USER_INITIALIZE: the first account may be made like this. */
    readonly openToFirst: boolean;
    readonly standing: StandingRules;
  };
}

export type RegisterUser = (
  signUp: SignUp,
  from: { readonly origin: string; readonly clientAddress: string },
) => Promise<SignedUp>;

/**
 * Lets somebody make an account for himself. Where mail is sent he must confirm his address, and until then the account has
 * none and signs nobody in: so nobody can keep another one's address, or learn whether it has an account. Errors: INVALID_REQUEST with
 * what is wrong with the input; DENIED while the first user, who administers the registry, is not there.
 */
export function createRegistration(ports: SignUpPorts): RegisterUser {
  const { db, passwords, mailer, confirmations, settings } = ports;
  return async (signUp, { origin, clientAddress }) => {
    const email = signUp.email === '' ? undefined : signUp.email?.toLowerCase();
    check(signUp, email, { required: mailer.enabled, ...settings });
    checkNewUser({ ...signUp, email, superuser: false });
    // Whoever came first would otherwise keep out who is to set the registry up.
    const isFirst = !(await hasUsers(db));
    if (isFirst && !settings.openToFirst) {
      throw new AppError(
        'DENIED',
        'The first user is made by whoever runs the registry: see the manual, "Getting started"',
      );
    }
    if (!isFirst && isNameOfStanding(settings.standing, signUp.name)) {
      throw new AppError('INVALID_REQUEST', nameReserved('user name', signUp.name));
    }
    const passwordHash = await passwords.hash(signUp.password);
    return db.transaction(async (tx) => {
      const by: AuditActor = { kind: 'user', name: signUp.name };
      const confirms = mailer.enabled && email !== undefined;
      const isVerified = !confirms;
      const account = { name: signUp.name, passwordHash, superuser: false, email: confirms ? undefined : email };
      const { userId, name } = await insertUser(tx, account, by, clientAddress);
      await insertPrompts(tx, userId, settings.metadata ? ['enter_name', 'enter_company'] : []);
      const invited = await invitation(tx, { userId, name }, signUp.inviteCode, { actor: by, clientAddress });
      const user: UserActor = { kind: 'user', userId, name, passwordVersion: 1, scopes: undefined };
      if (isVerified) return { kind: 'ready', user };
      if (invited?.confirmedEmail === email && (await readUserByEmail(tx, email)) === undefined) {
        await updateAccount(tx, userId, { email, verified: 1 });
        return { kind: 'ready', user };
      }
      await updateAccount(tx, userId, { verified: 0 });
      await confirmations.begin(tx, { userId, name, email }, origin);
      return { kind: 'awaiting-verification' };
    });
  };

  async function invitation(
    tx: Transaction,
    user: { readonly userId: number; readonly name: string },
    code: string | undefined,
    by: ChangedBy,
  ) {
    const accepted = code === undefined || code === '' ? undefined : await acceptTeamInvite(tx, code, user, by);
    if (accepted === undefined && settings.inviteOnly) {
      throw new AppError('INVALID_REQUEST', 'Cannot create non-invited user: the invitation is unknown or has ended');
    }
    return accepted;
  }
}

function check(
  { inviteCode = '' }: SignUp,
  email: string | undefined,
  rules: { readonly required: boolean; readonly inviteOnly: boolean; readonly blockedMailDomains: readonly string[] },
): void {
  if (rules.required && email === undefined) throw new AppError('INVALID_REQUEST', 'Email address is required');
  if (rules.inviteOnly && inviteCode === '') throw new AppError('INVALID_REQUEST', 'Cannot create non-invited user');
  if (email !== undefined && isBlockedAddress(rules.blockedMailDomains, email)) {
    throw new AppError(
      'INVALID_REQUEST',
      'Creation of a user account for this e-mail is disabled; please contact an administrator',
    );
  }
}
