import { sql } from 'kysely';
import type { IdentityTables } from '../identity/index.ts';
import { prepared } from '../platform/db/index.ts';
import type { Database, Transaction } from '../platform/db/index.ts';
import type { CatalogTables, Visibility } from './tables.ts';

export interface AccessKey {
  readonly namespace: string;
  readonly repository: string;
  /** 0 for anonymous: no account has that id. */
  readonly userId: number;
}

/** Always exactly one row; what is missing, deleted or disabled is null. */
export interface AccessRow {
  readonly namespace_id: number | null;
  readonly namespace_kind: 'user' | 'organization' | null;
  readonly repository_id: number | null;
  readonly visibility: Visibility | null;
  readonly state: 'NORMAL' | 'READ_ONLY' | 'MIRROR' | null;
  /** null when the account is gone or disabled. */
  readonly password_version: number | null;
  readonly superuser: number | null;
  /** Strongest role of the user's teams in the organization: 1 member, {@link TEAM_CREATOR}, {@link TEAM_ADMIN}. */
  readonly team_rank: number | null;
  /** Strongest grant on the repository, direct or by team: 1 read, 2 write, 3 admin. */
  readonly permission_rank: number | null;
}

export const TEAM_CREATOR = 2;
export const TEAM_ADMIN = 3;
