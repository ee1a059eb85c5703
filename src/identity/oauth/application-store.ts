import type { Database, Transaction } from '../../platform/db/index.ts';
import type { IdentityTables, OAuthTables } from '../tables.ts';

type Tables = IdentityTables & OAuthTables;

export interface ApplicationRow {
  readonly id: number;
  readonly organization_id: number;
  readonly organization: string;
  readonly client_id: string;
  readonly client_secret_encrypted: string;
  readonly public_client: number;
  readonly name: string;
  readonly description: string;
  readonly redirect_uri: string;
  readonly application_uri: string;
  readonly avatar_email: string | null;
}

export type ApplicationFacts = Pick<
  ApplicationRow,
  'name' | 'description' | 'redirect_uri' | 'application_uri' | 'avatar_email' | 'public_client'
>;

function select(db: Database) {
  return db
    .read<Tables>()
    .selectFrom('oauth_application as a')
    .innerJoin('namespace as o', 'o.id', 'a.organization_id')
    .select([
      'a.id',
      'a.organization_id',
      'o.name as organization',
      'a.client_id',
      'a.client_secret_encrypted',
      'a.public_client',
      'a.name',
      'a.description',
      'a.redirect_uri',
      'a.application_uri',
      'a.avatar_email',
    ])
    .where('o.enabled', '=', 1);
}

export function findApplicationByClientId(db: Database, clientId: string): Promise<ApplicationRow | undefined> {
  return select(db).where('a.client_id', '=', clientId).executeTakeFirst();
}

export function listApplicationRows(db: Database, organizationId: number): Promise<readonly ApplicationRow[]> {
  return select(db).where('a.organization_id', '=', organizationId).orderBy('a.id').execute();
}

export async function insertApplication(
  tx: Transaction,
  row: ApplicationFacts & {
    readonly organization_id: number;
    readonly client_id: string;
    readonly client_secret_encrypted: string;
  },
): Promise<number> {
  const { id } = await tx
    .query<Tables>()
    .insertInto('oauth_application')
    .values({ ...row, created_at: await tx.now() })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

/** @returns false when it was deleted meanwhile. */
export async function updateApplication(
  tx: Transaction,
  id: number,
  changes: Partial<ApplicationFacts & Pick<ApplicationRow, 'client_secret_encrypted'>>,
): Promise<boolean> {
  const row = await tx
    .query<Tables>()
    .updateTable('oauth_application')
    .set(changes)
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Holds the application until the transaction ends, so that its tokens are counted and made one after the other.
 * @returns false when it was deleted meanwhile.
 */
export async function lockApplication(tx: Transaction, id: number): Promise<boolean> {
  const query = tx.query<Tables>().updateTable('oauth_application');
  const row = await query
    .set((column) => ({ name: column.ref('name') }))
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** With its tokens, codes and assignments. @returns false when there was none. */
export async function deleteApplication(tx: Transaction, id: number): Promise<boolean> {
  const query = tx.query<Tables>().deleteFrom('oauth_application').where('id', '=', id).returning('id');
  return (await query.executeTakeFirst()) !== undefined;
}
