import { type RawBuilder, sql } from 'kysely';
import type { IdentityTables } from '../identity/index.ts';
import { type Database, prepared } from '../platform/db/index.ts';
import type { Reader } from './listing-store.ts';
import type { Repository } from './model.ts';
import type { Visibility } from './tables.ts';

export interface RepositoryRow {
  readonly id: number;
  readonly namespace: string;
  readonly name: string;
  readonly description: string | null;
  readonly visibility: Visibility;
  readonly state: Repository['state'];
  /** When the alive tag that was set last was set; null: there is none, or it was not asked for. */
  readonly last_tagged_at: number | null;
}

/** A namespace as the reader sees it. */
export interface ReadNamespace {
  readonly id: number;
  /** 1: all of it is his. */
  readonly owned: number;
}

export interface RepositoryPage {
  /** Only what is in it; undefined: in any. */
  readonly namespace: ReadNamespace | undefined;
  /** Ids above this one; 0: from the first. */
  readonly afterId: number;
  readonly limit: number;
  /** The database's time, to tell when tags were set; undefined: do not. */
  readonly taggedBefore: number | undefined;
}

const namespaceOfReader = prepared<IdentityTables, [name: string, userId: number], ReadNamespace>((query, value) => ({
  compile: () =>
    sql<ReadNamespace>`
      SELECT n.id, CASE WHEN n.id = ${value(1)} OR EXISTS (
          SELECT 1 FROM team_member m JOIN team t ON t.id = m.team_id
          WHERE m.user_id = ${value(1)} AND t.organization_id = n.id AND t.role = 'admin'
        ) THEN 1 ELSE 0 END AS owned
      FROM namespace n WHERE n.name = ${value(0)} AND n.enabled = 1`.compile(query),
}));

/** undefined: there is none, or it is disabled. */
export function readNamespace(db: Database, name: string, { user }: Reader): Promise<ReadNamespace | undefined> {
  return namespaceOfReader.first(db, name, user?.id ?? 0);
}

/**
 * Alive repositories that the reader may see, by id. Each source of what he may see is read in that order and no further than
 * the page can need, so that a page costs the same wherever it is and however many there are.
 */
export async function pageOfRepositories(
  db: Database,
  reader: Reader,
  page: RepositoryPage,
): Promise<readonly RepositoryRow[]> {
  const sources = sourcesOf(reader, page);
  if (sources.length === 0) return [];
  // CROSS JOIN: SQLite begins with the few ids that were found, instead of going through all repositories in order.
  const query = sql<RepositoryRow>`
    SELECT r.id, n.name AS namespace, r.name, r.description, r.visibility, r.state, ${lastTagged(page)} AS last_tagged_at
    FROM (${sql.join(sources, sql` UNION `)}) AS seen
    CROSS JOIN repository r CROSS JOIN namespace n
    WHERE r.id = seen.id AND n.id = r.namespace_id AND ${isValid(reader)}
    ORDER BY seen.id LIMIT ${page.limit}`;
  return (await query.execute(db.report())).rows;
}

function sourcesOf(reader: Reader, page: RepositoryPage): RawBuilder<unknown>[] {
  const { namespace } = page;
  const { user } = reader;
  const within = namespace === undefined ? sql`1 = 1` : sql`o.namespace_id = ${namespace.id}`;
  const ofRepositories = (where: RawBuilder<unknown>) =>
    source(page, { from: sql`repository o`, where: sql`${where} AND ${within}`, id: sql`o.id` });
  const everything = user !== undefined && (reader.everything || (reader.granted && namespace?.owned === 1));
  if (everything) return [ofRepositories(sql`1 = 1`)];
  const sources = reader.includePublic ? [ofRepositories(sql`o.visibility = 'public'`)] : [];
  if (user === undefined || !reader.granted) return sources;
  const granted = (from: RawBuilder<unknown>, where: RawBuilder<unknown>) =>
    source(page, { from, where: sql`${where} AND ${within}`, id: sql`p.repository_id` });
  sources.push(
    granted(sql`repository_permission p JOIN repository o ON o.id = p.repository_id`, sql`p.user_id = ${user.id}`),
    granted(
      sql`team_member m JOIN repository_permission p ON p.team_id = m.team_id JOIN repository o ON o.id = p.repository_id`,
      sql`m.user_id = ${user.id}`,
    ),
  );
  // One that all belongs to him was answered above.
  if (namespace === undefined) sources.push(ofRepositories(sql`o.namespace_id IN (${ownNamespaces(user.id)})`));
  return sources;
}

function ownNamespaces(userId: number): RawBuilder<unknown> {
  return sql`
    SELECT CAST(${userId} AS BIGINT) UNION ALL
    SELECT t.organization_id FROM team t JOIN team_member m ON m.team_id = t.id
    WHERE m.user_id = ${userId} AND t.role = 'admin'`;
}

/** Whoever is granted one by several ways gets it once, so that the limit counts repositories. */
function source(
  { afterId, limit }: RepositoryPage,
  parts: { readonly from: RawBuilder<unknown>; readonly where: RawBuilder<unknown>; readonly id: RawBuilder<unknown> },
): RawBuilder<unknown> {
  return sql`
    SELECT id FROM (
      SELECT DISTINCT ${parts.id} AS id FROM ${parts.from} JOIN namespace x ON x.id = o.namespace_id
      WHERE ${parts.where} AND ${parts.id} > ${afterId} AND o.deleted_at IS NULL AND x.enabled = 1
      ORDER BY ${parts.id} LIMIT ${limit}
    ) AS source`;
}

function lastTagged({ taggedBefore }: RepositoryPage): RawBuilder<unknown> {
  if (taggedBefore === undefined) return sql`CAST(NULL AS BIGINT)`;
  return sql`(
    SELECT t.start_at FROM tag t
    WHERE t.repository_id = r.id AND t.end_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > ${taggedBefore})
    ORDER BY t.start_at DESC LIMIT 1)`;
}

/** A user whose account is gone, disabled or of another password version sees nothing. */
function isValid({ user }: Reader): RawBuilder<unknown> {
  if (user === undefined) return sql`1 = 1`;
  return sql`EXISTS (
    SELECT 1 FROM user_account a JOIN namespace own ON own.id = a.namespace_id
    WHERE a.namespace_id = ${user.id} AND a.password_version = ${user.passwordVersion} AND own.enabled = 1)`;
}
