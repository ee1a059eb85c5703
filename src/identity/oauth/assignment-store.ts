import type { Database, Transaction } from '../../platform/db/index.ts';
import type { IdentityTables, OAuthTables } from '../tables.ts';
import type { AuthorizationRow } from './token-store.ts';

type Tables = IdentityTables & OAuthTables;

/** Most offers that a user is shown. */
const LIST_MAX = 1000;

export interface AssignmentRow extends Omit<AuthorizationRow, 'expires_at'> {
  readonly application_id: number;
  readonly redirect_uri: string;
  readonly response_type: string;
}

/** What a user was offered, by age. @param uuid one offer only */
export function listAssignmentRows(db: Database, userId: number, uuid?: string): Promise<readonly AssignmentRow[]> {
  const query = db
    .read<Tables>()
    .selectFrom('oauth_assignment as s')
    .innerJoin('oauth_application as a', 'a.id', 's.application_id')
    .innerJoin('namespace as o', 'o.id', 'a.organization_id')
    .select([
      's.uuid',
      's.scopes',
      's.application_id',
      's.redirect_uri',
      's.response_type',
      'a.name as application',
      'a.client_id',
      'a.description',
      'a.application_uri',
      'a.avatar_email',
      'o.name as organization',
    ])
    .where('s.user_id', '=', userId)
    .where('o.enabled', '=', 1)
    .orderBy('s.id')
    .limit(LIST_MAX);
  return (uuid === undefined ? query : query.where('s.uuid', '=', uuid)).execute();
}

/** In place of an offer of the same application to the same user. */
export async function insertAssignment(
  tx: Transaction,
  row: Pick<AssignmentRow, 'uuid' | 'application_id' | 'redirect_uri' | 'scopes' | 'response_type'> & {
    readonly user_id: number;
  },
): Promise<void> {
  const query = tx.query<Tables>();
  await query
    .deleteFrom('oauth_assignment')
    .where('user_id', '=', row.user_id)
    .where('application_id', '=', row.application_id)
    .execute();
  await query
    .insertInto('oauth_assignment')
    .values({ ...row, created_at: await tx.now() })
    .execute();
}

export async function deleteAssignment(tx: Transaction, userId: number, uuid: string): Promise<boolean> {
  const query = tx.query<Tables>().deleteFrom('oauth_assignment').where('user_id', '=', userId);
  return (await query.where('uuid', '=', uuid).returning('id').executeTakeFirst()) !== undefined;
}
