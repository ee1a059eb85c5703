import { type AuditKind, recordAudit } from '../../audit/index.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Transaction } from '../../platform/db/index.ts';
import type { Mailer } from '../../platform/mail/index.ts';
import type { ChangedBy } from '../audit-actor.ts';
import { emailFault, nameReserved } from '../create-user.ts';
import { tagExpirationFault } from '../organizations/change-organization.ts';
import type { TagExpirationSettings } from '../organizations/config.ts';
import { isNameOfStanding, type StandingRules } from '../standing.ts';
import type { UserSettings } from './config.ts';
import type { MailConfirmations } from './mail-confirmations.ts';
import { isBlockedAddress } from './mail-domains.ts';
import { renameNamespace } from './rename-namespace.ts';
import {
  deletePrompts,
  hasPrompt,
  lockUser,
  readUserByEmail,
  updateAccount,
  updateNamespace,
  type UserRow,
  writeProfile,
} from './store.ts';

/** What a user changes about himself; what is undefined stays. Nothing else of his request counts. */
export interface UserChange {
  readonly name?: string | undefined;
  readonly email?: string | undefined;
  readonly invoiceEmail?: boolean | undefined;
  readonly invoiceEmailAddress?: string | null | undefined;
  readonly tagExpirationSeconds?: number | undefined;
  readonly profile?: UserProfile | undefined;
}

export interface UserProfile {
  readonly givenName?: string | null | undefined;
  readonly familyName?: string | null | undefined;
  readonly company?: string | null | undefined;
  readonly location?: string | null | undefined;
}

export interface ChangeUserPorts {
  readonly mailer: Mailer;
  readonly confirmations: MailConfirmations;
  readonly settings: UserSettings & {
    readonly tagExpiration: TagExpirationSettings;
    readonly standing: StandingRules;
  };
}

/**
 * Changes what a user says about himself, with a record of each change. A new address is his when he has confirmed it, where mail
 * is sent. Errors: NOT_FOUND when he is gone; INVALID_REQUEST for what is malformed, taken or not allowed here.
 * @param origin of the registry, for links in mails
 */
export async function changeUser(
  tx: Transaction,
  ports: ChangeUserPorts,
  userId: number,
  change: UserChange,
  by: ChangedBy,
  origin: string,
): Promise<void> {
  const before = await lockUser(tx, userId);
  if (before === undefined) throw new AppError('NOT_FOUND', 'There is no such user');
  const record = (kind: AuditKind, metadata: Readonly<Record<string, unknown>>): Promise<void> =>
    recordAudit(tx, { ...by, kind, namespaceId: userId, metadata });
  await changeInvoicing(tx, before, change, record);
  await changeTagExpiration(tx, before, change, ports.settings.tagExpiration, record);
  await changeEmail(tx, ports, before, change.email?.toLowerCase(), origin, record);
  await changeProfile(tx, ports.settings, before, change.profile, record);
  await changeName(tx, ports.settings, before, change.name, by);
}

type RecordChange = (kind: AuditKind, metadata: Readonly<Record<string, unknown>>) => Promise<void>;

async function changeInvoicing(
  tx: Transaction,
  before: UserRow,
  change: UserChange,
  record: RecordChange,
): Promise<void> {
  const { invoiceEmail: enabled, invoiceEmailAddress: written } = change;
  const address = written === '' ? null : written;
  if (enabled !== undefined && enabled !== (before.invoice_email === 1)) {
    await updateNamespace(tx, before.id, { invoice_email: enabled ? 1 : 0 });
    await record('user_change_invoicing', { invoice_email: enabled });
  }
  if (address === undefined || address === before.invoice_email_address) return;
  const fault = emailFault(address ?? undefined);
  if (fault !== undefined) throw new AppError('INVALID_REQUEST', fault);
  await updateNamespace(tx, before.id, { invoice_email_address: address });
  await record('user_change_invoicing', { invoice_email_address: address });
}

async function changeTagExpiration(
  tx: Transaction,
  before: UserRow,
  { tagExpirationSeconds: seconds }: UserChange,
  settings: TagExpirationSettings,
  record: RecordChange,
): Promise<void> {
  if (seconds === undefined || seconds === (before.tag_expiration_s ?? settings.defaultSeconds)) return;
  const fault = settings.changeable
    ? tagExpirationFault(settings, seconds)
    : 'How long deleted tags can be brought back cannot be changed here (FEATURE_CHANGE_TAG_EXPIRATION is off)';
  if (fault !== undefined) throw new AppError('INVALID_REQUEST', fault);
  await updateNamespace(tx, before.id, { tag_expiration_s: seconds });
  await record('user_change_tag_expiration', { tag_expiration: seconds });
}

async function changeEmail(
  tx: Transaction,
  { mailer, confirmations, settings }: ChangeUserPorts,
  before: UserRow,
  email: string | undefined,
  origin: string,
  record: RecordChange,
): Promise<void> {
  if (email === undefined || email === (before.email ?? '')) return;
  const fault =
    emailFault(email) ??
    (isBlockedAddress(settings.blockedMailDomains, email) ? 'Addresses of this domain cannot be used here' : undefined);
  if (fault !== undefined) throw new AppError('INVALID_REQUEST', fault);
  if (mailer.enabled) {
    await confirmations.begin(tx, { userId: before.id, name: before.name, email }, origin);
    return;
  }
  if ((await readUserByEmail(tx, email)) !== undefined) {
    throw new AppError('INVALID_REQUEST', 'E-mail address already used');
  }
  await updateAccount(tx, before.id, { email });
  await record('user_change_email', { email, old_email: before.email ?? '' });
}

async function changeProfile(
  tx: Transaction,
  settings: UserSettings,
  before: UserRow,
  profile: UserProfile | undefined,
  record: RecordChange,
): Promise<void> {
  const entries = Object.entries({
    given_name: profile?.givenName,
    family_name: profile?.familyName,
    company: profile?.company,
    location: profile?.location,
  }).filter((entry): entry is [string, string | null] => entry[1] !== undefined);
  if (entries.length === 0) return;
  if (!settings.metadata) {
    throw new AppError(
      'INVALID_REQUEST',
      'Names and companies of users are not kept here (FEATURE_USER_METADATA is off)',
    );
  }
  const written = Object.fromEntries(entries);
  await writeProfile(tx, before.id, written);
  // Whoever was asked has answered, also by leaving it empty.
  const answered = [
    ...('given_name' in written || 'family_name' in written ? (['enter_name'] as const) : []),
    ...('company' in written ? (['enter_company'] as const) : []),
  ];
  if (answered.length > 0) await deletePrompts(tx, before.id, answered);
  await record('user_change_metadata', written);
}

async function changeName(
  tx: Transaction,
  settings: ChangeUserPorts['settings'],
  before: UserRow,
  name: string | undefined,
  by: ChangedBy,
): Promise<void> {
  if (name === undefined || name === '') return;
  const mayConfirm = settings.usernameConfirmation && (await hasPrompt(tx, before.id, 'confirm_username'));
  if (name !== before.name) {
    if (!settings.rename && !mayConfirm) {
      throw new AppError('INVALID_REQUEST', 'Users cannot be renamed here (FEATURE_USER_RENAME is off)');
    }
    checkStandingOfNames(settings.standing, before.name, name);
    await renameNamespace(tx, { id: before.id, newName: name }, settings.formerNameLifetimeMs, by);
  }
  if (mayConfirm) await deletePrompts(tx, before.id, ['confirm_username']);
}

/** Errors: INVALID_REQUEST for names by which the configuration says who may more, or less. */
function checkStandingOfNames(rules: StandingRules, from: string, to: string): void {
  if (isNameOfStanding(rules, from)) {
    throw new AppError(
      'INVALID_REQUEST',
      `"${from}" stands in SUPER_USERS or GLOBAL_READONLY_SUPER_USERS; the name must be taken out there first`,
    );
  }
  if (isNameOfStanding(rules, to) || rules.unrestrictedUsers?.has(to) === true) {
    throw new AppError('INVALID_REQUEST', nameReserved('user name', to));
  }
}
