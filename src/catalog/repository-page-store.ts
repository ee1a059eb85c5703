import { type RawBuilder, sql } from 'kysely';
import type { IdentityTables } from '../identity/index.ts';
import type { Database } from '../platform/db/index.ts';
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

/** Where a user has what he may see: read first, for a database that knows the very ids plans better. */
export interface Holdings {
  /** The user himself, and the organizations that he administers. */
  readonly namespaceIds: readonly number[];
  readonly teamIds: readonly number[];
}

export interface RepositoryPage {
  /** Id; undefined: of any namespace. */
  readonly namespaceId: number | undefined;
  /** Of the reader; undefined: nobody has signed in, or nothing but what is public counts. */
  readonly holdings: Holdings | undefined;
  /** Ids above this one; 0: from the first. */
  readonly afterId: number;
  readonly limit: number;
  /** The database's time, to tell when tags were set; undefined: do not. */
  readonly taggedBefore: number | undefined;
}

/** undefined: there is none, or it is disabled. */
export async function findNamespaceId(db: Database, name: string): Promise<number | undefined> {
  const row = await db
    .read<IdentityTables>()
    .selectFrom('namespace')
    .select('id')
    .where('name', '=', name)
    .where('enabled', '=', 1)
    .executeTakeFirst();
  return row?.id;
}

/** @param namespaceId of the organization that alone matters; undefined: all */
export async function readHoldings(db: Database, userId: number, namespaceId: number | undefined): Promise<Holdings> {
  let query = db
    .read<IdentityTables>()
    .selectFrom('team_member as m')
    .innerJoin('team as t', 't.id', 'm.team_id')
    .select(['t.id', 't.organization_id', 't.role'])
    .where('m.user_id', '=', userId);
  if (namespaceId !== undefined) query = query.where('t.organization_id', '=', namespaceId);
  const teams = await query.execute();
  const administered = teams.filter(({ role }) => role === 'admin').map(({ organization_id: id }) => id);
  return { namespaceIds: [...new Set([userId, ...administered])], teamIds: teams.map(({ id }) => id) };
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
  const query = pageQuery(reader, page);
  return query === undefined ? [] : (await query.execute(db.report())).rows;
}

/** undefined: there is nothing that the reader could see. */
export function pageQuery(reader: Reader, page: RepositoryPage): RawBuilder<RepositoryRow> | undefined {
  const sources = sourcesOf(reader, page);
  if (sources.length === 0) return undefined;
  return sql<RepositoryRow>`
    SELECT seen.*, ${lastTagged(page)} AS last_tagged_at
    FROM (${sql.join(sources, sql` UNION `)}) AS seen
    WHERE ${isValid(reader)}
    ORDER BY seen.id LIMIT ${page.limit}`;
}

const REPOSITORY = sql`repository o`;
const BY_ID = sql`o.id`;
const GRANTED = sql`repository_permission p JOIN repository o ON o.id = p.repository_id`;
const BY_GRANT = sql`p.repository_id`;

function sourcesOf(reader: Reader, page: RepositoryPage): RawBuilder<unknown>[] {
  const { namespaceId, holdings } = page;
  const within = namespaceId === undefined ? sql`1 = 1` : sql`o.namespace_id = ${namespaceId}`;
  const isPublic = source(page, REPOSITORY, sql`o.visibility = 'public' AND ${within}`, BY_ID);
  if (reader.user !== undefined && reader.everything) return [source(page, REPOSITORY, within, BY_ID)];
  if (reader.user === undefined || holdings === undefined) return reader.includePublic ? [isPublic] : [];
  const owned = namespaceId === undefined ? holdings.namespaceIds : [namespaceId];
  const own = source(page, REPOSITORY, sql`o.namespace_id ${among(owned)}`, BY_ID);
  if (namespaceId !== undefined && holdings.namespaceIds.includes(namespaceId)) return [own];
  // PostgreSQL does not conclude by itself that the repository's id is above as well.
  const granted = (to: RawBuilder<unknown>) =>
    source(page, GRANTED, sql`${to} AND ${within} AND o.id > ${page.afterId}`, BY_GRANT);
  const direct = granted(sql`p.user_id = ${reader.user.id}`);
  return [
    ...(reader.includePublic ? [isPublic] : []),
    ...(namespaceId === undefined ? [own] : []),
    direct,
    ...(holdings.teamIds.length > 0 ? [granted(toTeams(holdings.teamIds))] : []),
  ];
}

/** What several of the teams were granted counts once, also toward the limit: for the first of them. */
function toTeams(teamIds: readonly number[]): RawBuilder<unknown> {
  const teams = among(teamIds);
  if (teamIds.length <= 1) return sql`p.team_id ${teams}`;
  return sql`p.team_id ${teams} AND NOT EXISTS (
    SELECT 1 FROM repository_permission q
    WHERE q.repository_id = p.repository_id AND q.team_id < p.team_id AND q.team_id ${teams})`;
}

function among(ids: readonly number[]): RawBuilder<unknown> {
  return ids.length === 1 ? sql`= ${ids[0]}` : sql`IN (${sql.join(ids)})`;
}

function source(
  { afterId, limit }: RepositoryPage,
  from: RawBuilder<unknown>,
  where: RawBuilder<unknown>,
  id: RawBuilder<unknown>,
): RawBuilder<unknown> {
  return sql`
    SELECT * FROM (
      SELECT ${id} AS id, x.name AS namespace, o.name, o.description, o.visibility, o.state
      FROM ${from} JOIN namespace x ON x.id = o.namespace_id
      WHERE ${where} AND ${id} > ${afterId} AND o.deleted_at IS NULL AND x.enabled = 1
      ORDER BY ${id} LIMIT ${limit}
    ) AS source`;
}

function lastTagged({ taggedBefore }: RepositoryPage): RawBuilder<unknown> {
  if (taggedBefore === undefined) return sql`CAST(NULL AS BIGINT)`;
  return sql`(
    SELECT t.start_at FROM tag t
    WHERE t.repository_id = seen.id AND t.end_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > ${taggedBefore})
    ORDER BY t.start_at DESC LIMIT 1)`;
}

/** A user whose account is gone, disabled or of another password version sees nothing. */
function isValid({ user }: Reader): RawBuilder<unknown> {
  if (user === undefined) return sql`1 = 1`;
  return sql`EXISTS (
    SELECT 1 FROM user_account a JOIN namespace own ON own.id = a.namespace_id
    WHERE a.namespace_id = ${user.id} AND a.password_version = ${user.passwordVersion} AND own.enabled = 1)`;
}
