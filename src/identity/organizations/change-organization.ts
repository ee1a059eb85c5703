import { recordAudit } from '../../audit/index.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Transaction } from '../../platform/db/index.ts';
import type { ChangedBy } from '../audit-actor.ts';
import { emailFault } from '../create-user.ts';
import type { TagExpirationSettings } from './config.ts';
import { lockOrganization, type OrganizationKey } from './lock-organization.ts';
import { updateOrganization } from './store.ts';

/** What to change; what is undefined stays. */
export interface OrganizationChange {
  readonly email?: string | undefined;
  readonly invoiceEmail?: boolean | undefined;
  /** null: none. */
  readonly invoiceEmailAddress?: string | null | undefined;
  /** One of TAG_EXPIRATION_OPTIONS, in seconds. */
  readonly tagExpirationSeconds?: number | undefined;
}

/**
 * Changes what an organization says about itself, with a record of each change. Errors: NOT_FOUND when it is gone;
 * INVALID_REQUEST for what is no address, and for a time that is not offered.
 */
export async function changeOrganization(
  tx: Transaction,
  organization: OrganizationKey,
  change: OrganizationChange,
  settings: TagExpirationSettings,
  by: ChangedBy,
): Promise<void> {
  checkChange(change, settings);
  const before = await lockOrganization(tx, organization);
  const { id, name: namespace } = before;
  const entry = { ...by, namespaceId: id } as const;

  const { email, invoiceEmail, invoiceEmailAddress, tagExpirationSeconds } = change;
  if (email !== undefined && email !== (before.contact_email ?? '')) {
    await updateOrganization(tx, id, { contact_email: email === '' ? null : email });
    const metadata = { namespace, email, old_email: before.contact_email ?? '' };
    await recordAudit(tx, { ...entry, kind: 'org_change_email', metadata });
  }
  if (invoiceEmail !== undefined && invoiceEmail !== (before.invoice_email === 1)) {
    await updateOrganization(tx, id, { invoice_email: invoiceEmail ? 1 : 0 });
    const metadata = { namespace, invoice_email: invoiceEmail };
    await recordAudit(tx, { ...entry, kind: 'org_change_invoicing', metadata });
  }
  if (invoiceEmailAddress !== undefined && invoiceEmailAddress !== before.invoice_email_address) {
    await updateOrganization(tx, id, { invoice_email_address: invoiceEmailAddress });
    const metadata = { namespace, invoice_email_address: invoiceEmailAddress };
    await recordAudit(tx, { ...entry, kind: 'org_change_invoicing', metadata });
  }
  if (settings.changeable && tagExpirationSeconds !== undefined && tagExpirationSeconds !== before.tag_expiration_s) {
    await updateOrganization(tx, id, { tag_expiration_s: tagExpirationSeconds });
    const metadata = { namespace, tag_expiration: tagExpirationSeconds };
    await recordAudit(tx, { ...entry, kind: 'org_change_tag_expiration', metadata });
  }
}

function checkChange(change: OrganizationChange, settings: TagExpirationSettings): void {
  const { email, invoiceEmailAddress, tagExpirationSeconds } = change;
  const faults = [
    email === '' ? undefined : emailFault(email),
    emailFault(invoiceEmailAddress ?? undefined),
    settings.changeable ? tagExpirationFault(settings, tagExpirationSeconds) : undefined,
  ].filter((fault) => fault !== undefined);
  if (faults.length > 0) throw new AppError('INVALID_REQUEST', faults.join('; '));
}

/** What is wrong with a time that an owner has chosen for his namespace; undefined: nothing. */
export function tagExpirationFault(
  { optionsSeconds }: TagExpirationSettings,
  seconds: number | undefined,
): string | undefined {
  if (seconds === undefined || optionsSeconds.includes(seconds)) return undefined;
  return `Tags cannot be kept for ${seconds} seconds; choose one of ${optionsSeconds.join(', ')}`;
}
