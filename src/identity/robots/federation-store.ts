import { z } from 'zod';
import { type Database, prepared, type Transaction } from '../../platform/db/index.ts';
import type { IdentityTables } from '../tables.ts';
import type { FederatedIdentity, StoredFederatedIdentity } from './model.ts';

const AUDIENCES = z.array(z.string());
const CLAIMS = z.record(z.string(), z.array(z.string()));

interface FederationRow {
  readonly id: number;
  readonly issuer: string;
  readonly subject: string | null;
  readonly audiences: string | null;
  readonly claims: string | null;
  readonly last_used_at: number | null;
}

const COLUMNS = ['id', 'issuer', 'subject', 'audiences', 'claims', 'last_used_at'] as const;

/** In the order in which they were given. */
export async function listFederatedIdentities(
  db: Database,
  robotId: number,
): Promise<readonly StoredFederatedIdentity[]> {
  const query = db.read<IdentityTables>().selectFrom('robot_federation').select(COLUMNS);
  return (await query.where('robot_id', '=', robotId).orderBy('id').execute()).map(toIdentity);
}

/**
 * Makes these the federated identities of a robot. Those that stay keep their ids, so that what was issued for them goes on.
 * @returns how many there were before
 */
export async function replaceFederatedIdentities(
  tx: Transaction,
  robotId: number,
  identities: readonly FederatedIdentity[],
): Promise<number> {
  const query = tx.query<IdentityTables>();
  const stored = query.selectFrom('robot_federation').select(COLUMNS).where('robot_id', '=', robotId);
  const before = (await stored.execute()).map((row) => ({ id: row.id, text: textOf(toIdentity(row)) }));
  const wanted = new Set(identities.map(textOf));
  const gone = before.filter(({ text }) => !wanted.has(text)).map(({ id }) => id);
  if (gone.length > 0) await query.deleteFrom('robot_federation').where('id', 'in', gone).execute();
  const known = new Set(before.map(({ text }) => text));
  const rows = identities
    .filter((identity) => !known.has(textOf(identity)))
    .map(({ issuer, subject, audiences, claims }) => ({
      robot_id: robotId,
      issuer,
      subject: subject ?? null,
      audiences: audiences === undefined ? null : JSON.stringify(audiences),
      claims: claims === undefined ? null : JSON.stringify(claims),
    }));
  const created_at = await tx.now();
  if (rows.length > 0) {
    await query
      .insertInto('robot_federation')
      .values(rows.map((row) => ({ ...row, created_at })))
      .execute();
  }
  return before.length;
}

/** Identities are the same when all their conditions are. */
export function textOf({ issuer, subject, audiences, claims }: FederatedIdentity): string {
  const sorted = Object.entries(claims ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([issuer, subject ?? null, audiences ?? null, claims === undefined ? null : sorted]);
}

/** What the exchange of a federated token needs to know of a robot. */
export interface FederatedRobotRow {
  readonly user_id: number;
  readonly owner_id: number | null;
  readonly password_version: number;
  readonly expires_at: number | null;
}

const federatedRobot = prepared<IdentityTables, [string], FederatedRobotRow>((query, value) =>
  query
    .selectFrom('namespace as n')
    .innerJoin('user_account as u', 'u.namespace_id', 'n.id')
    .innerJoin('namespace as o', 'o.id', 'u.owner_id')
    .innerJoin('robot as r', 'r.user_id', 'n.id')
    .select(['n.id as user_id', 'u.owner_id', 'u.password_version', 'r.expires_at'])
    .where('n.name', '=', value(0))
    .where('n.enabled', '=', 1)
    .where('o.enabled', '=', 1),
);

/** undefined: there is none, or it or its owner is disabled. */
export function findFederatedRobot(db: Database, name: string): Promise<FederatedRobotRow | undefined> {
  return federatedRobot.first(db, name);
}

function toIdentity(row: FederationRow): StoredFederatedIdentity {
  return {
    id: row.id,
    lastUsedAt: row.last_used_at ?? undefined,
    issuer: row.issuer,
    ...(row.subject === null ? {} : { subject: row.subject }),
    ...(row.audiences === null ? {} : { audiences: AUDIENCES.parse(JSON.parse(row.audiences)) }),
    ...(row.claims === null ? {} : { claims: CLAIMS.parse(JSON.parse(row.claims)) }),
  };
}
