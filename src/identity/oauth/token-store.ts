import type { Database, Transaction } from '../../platform/db/index.ts';
import type { IdentityTables, OAuthTables } from '../tables.ts';

type Tables = IdentityTables & OAuthTables;

/** Longest list of what one user has given to applications. */
const LIST_MAX = 1000;

export interface ApplicationTokenRow {
  readonly id: number;
  readonly uuid: string;
  readonly display_name: string | null;
  readonly scopes: string;
  readonly expires_at: number | null;
  readonly created_at: number;
  readonly last_used_at: number | null;
  readonly created_by: string;
}

/** Tokens of an application by age, those after an id. */
export function listApplicationTokens(
  db: Database,
  applicationId: number,
  page: { readonly after: number; readonly limit: number },
): Promise<readonly ApplicationTokenRow[]> {
  return db
    .read<Tables>()
    .selectFrom('access_token as t')
    .innerJoin('namespace as n', 'n.id', 't.user_id')
    .select([
      't.id',
      't.uuid',
      't.display_name',
      't.scopes',
      't.expires_at',
      't.created_at',
      't.last_used_at',
      'n.name as created_by',
    ])
    .where('t.application_id', '=', applicationId)
    .where('t.id', '>', page.after)
    .orderBy('t.id')
    .limit(page.limit)
    .execute();
}

/** Tokens of an application that have not expired. */
export async function countLiveTokens(tx: Transaction, applicationId: number): Promise<number> {
  const now = await tx.now();
  const { tokens } = await tx
    .query<Tables>()
    .selectFrom('access_token')
    .select((e) => e.fn.countAll<number>().as('tokens'))
    .where('application_id', '=', applicationId)
    .where((row) => row.or([row('expires_at', 'is', null), row('expires_at', '>', now)]))
    .executeTakeFirstOrThrow();
  return tokens;
}

export async function deleteApplicationToken(tx: Transaction, applicationId: number, uuid: string): Promise<boolean> {
  const query = tx.query<Tables>().deleteFrom('access_token');
  const found = query.where('application_id', '=', applicationId).where('uuid', '=', uuid).returning('id');
  return (await found.executeTakeFirst()) !== undefined;
}

export async function deleteTokenById(tx: Transaction, id: number): Promise<void> {
  await tx.query<Tables>().deleteFrom('access_token').where('id', '=', id).execute();
}

/** What a user has given to an application. */
export interface AuthorizationRow {
  readonly uuid: string;
  readonly scopes: string;
  readonly expires_at: number | null;
  readonly application: string;
  readonly client_id: string;
  readonly description: string;
  readonly application_uri: string;
  readonly avatar_email: string | null;
  readonly organization: string;
}

/** By age. @param of one application or one token only */
export function listAuthorizationRows(
  db: Database,
  userId: number,
  of: { readonly applicationId?: number; readonly uuid?: string } = {},
): Promise<readonly AuthorizationRow[]> {
  let query = db
    .read<Tables>()
    .selectFrom('access_token as t')
    .innerJoin('oauth_application as a', 'a.id', 't.application_id')
    .innerJoin('namespace as o', 'o.id', 'a.organization_id')
    .select([
      't.uuid',
      't.scopes',
      't.expires_at',
      'a.name as application',
      'a.client_id',
      'a.description',
      'a.application_uri',
      'a.avatar_email',
      'o.name as organization',
    ])
    .where('t.user_id', '=', userId)
    .where('o.enabled', '=', 1)
    .orderBy('t.id')
    .limit(LIST_MAX);
  if (of.applicationId !== undefined) query = query.where('t.application_id', '=', of.applicationId);
  if (of.uuid !== undefined) query = query.where('t.uuid', '=', of.uuid);
  return query.execute();
}

/** Takes an application's token back. Personal tokens are none. */
export async function deleteAuthorization(tx: Transaction, userId: number, uuid: string): Promise<boolean> {
  const query = tx.query<Tables>().deleteFrom('access_token').where('user_id', '=', userId).where('uuid', '=', uuid);
  return (await query.where('application_id', 'is not', null).returning('id').executeTakeFirst()) !== undefined;
}
