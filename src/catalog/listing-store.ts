import { sql } from 'kysely';
import type { IdentityTables } from '../identity/index.ts';
import type { RepositoryName } from '../kernel/reference.ts';
import type { Database } from '../platform/db/index.ts';
import type { CatalogTables, Visibility } from './tables.ts';

/** Whose repositories are listed. */
export interface Reader {
  /** undefined: nobody has signed in. A user whose account is gone, disabled or of another password version sees nothing. */
  readonly user: { readonly id: number; readonly passwordVersion: number } | undefined;
  /** Whether what was granted to the user is listed, not only what is public. */
  readonly granted: boolean;
  readonly includePublic: boolean;
  /** He may read every repository there is. */
  readonly everything: boolean;
}

export interface RepositorySlice {
  /** Full names that sort after this one. */
  readonly after?: string | undefined;
  /** Full names that contain this text. */
  readonly containing?: string | undefined;
  readonly limit: number;
}

export interface ListedRepository {
  readonly name: RepositoryName;
  readonly description: string | null;
  readonly visibility: Visibility;
}

/** Alive repositories that the reader may see, bytewise sorted by full name. */
export async function readableRepositories(
  db: Database,
  reader: Reader,
  slice: RepositorySlice,
): Promise<ListedRepository[]> {
  // Neither part before the slash is a prefix of another, so that this pair sorts as the full name does.
  const namespace = sql<string>`n.name || '/'`;
  const fullName = sql<RepositoryName>`n.name || '/' || r.name`;
  let query = db
    .report<CatalogTables & IdentityTables>()
    .selectFrom('repository as r')
    .innerJoin('namespace as n', 'n.id', 'r.namespace_id')
    .select([fullName.as('name'), 'r.description', 'r.visibility'])
    .where('r.deleted_at', 'is', null)
    .where('n.enabled', '=', 1)
    .where(visibleTo(reader))
    .orderBy(namespace)
    .orderBy('r.name')
    .limit(slice.limit);
  if (slice.after !== undefined) {
    const slash = slice.after.indexOf('/');
    query = query.where(fullName, '>', slice.after as RepositoryName);
    if (slash >= 0) query = query.where(namespace, '>=', slice.after.slice(0, slash + 1));
  }
  if (slice.containing !== undefined) {
    const pattern = `%${slice.containing.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
    query = query.where(sql<boolean>`n.name || '/' || r.name LIKE ${pattern} ESCAPE '\\'`);
  }
  return query.execute();
}

function visibleTo(reader: Reader) {
  const isPublic = reader.includePublic ? sql<boolean>`r.visibility = 'public'` : sql<boolean>`1 = 0`;
  if (reader.user === undefined) return isPublic;
  if (reader.everything) return sql<boolean>`1 = 1`;
  const { id, passwordVersion } = reader.user;
  const granted = reader.granted ? sql<boolean>`r.id IN (${grantedTo(id)})` : sql<boolean>`1 = 0`;
  return sql<boolean>`EXISTS (
      SELECT 1 FROM user_account a JOIN namespace own ON own.id = a.namespace_id
      WHERE a.namespace_id = ${id} AND a.password_version = ${passwordVersion} AND own.enabled = 1
    ) AND (${isPublic} OR ${granted})`;
}

/** The sources of a grant, each by its own index: own namespace, admin team, direct grant, team grant. */
function grantedTo(userId: number) {
  return sql`
    SELECT o.id FROM repository o WHERE o.namespace_id = ${userId}
    UNION SELECT o.id FROM repository o
      JOIN team t ON t.organization_id = o.namespace_id AND t.role = 'admin'
      JOIN team_member m ON m.team_id = t.id AND m.user_id = ${userId}
    UNION SELECT p.repository_id FROM repository_permission p WHERE p.user_id = ${userId}
    UNION SELECT p.repository_id FROM repository_permission p
      JOIN team_member m ON m.team_id = p.team_id AND m.user_id = ${userId}`;
}
