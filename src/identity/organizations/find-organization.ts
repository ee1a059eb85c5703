import type { Database } from '../../platform/db/index.ts';
import type { OrganizationKey } from './lock-organization.ts';
import { readOrganization } from './store.ts';

/** What an organization says about itself to its administrators. */
export interface Organization extends OrganizationKey {
  /** Whom to write to about it. */
  readonly email: string | undefined;
  readonly invoiceEmail: boolean;
  readonly invoiceEmailAddress: string | undefined;
  /** undefined: DEFAULT_TAG_EXPIRATION holds. */
  readonly tagExpirationSeconds: number | undefined;
}

/** undefined: there is no organization of this name. */
export async function findOrganization(db: Database, name: string): Promise<Organization | undefined> {
  const row = await readOrganization(db, name);
  if (row === undefined) return undefined;
  return {
    id: row.id,
    name: row.name,
    email: row.contact_email ?? undefined,
    invoiceEmail: row.invoice_email === 1,
    invoiceEmailAddress: row.invoice_email_address ?? undefined,
    tagExpirationSeconds: row.tag_expiration_s ?? undefined,
  };
}
