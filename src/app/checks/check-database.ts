import { probePostgres, probeSqlite } from '../../platform/db/index.ts';
import { MIGRATIONS } from '../migrations.ts';
import { sqliteFileOf } from '../open-database.ts';
import type { AppSettings } from '../settings.ts';
import type { ServiceFinding } from './service-finding.ts';

/** Whether a start would find its database, and could bring it to the schema of this version. Changes nothing. */
export async function checkDatabase(settings: AppSettings): Promise<ServiceFinding> {
  const { what, pending } =
    settings.postgres === undefined
      ? probeSqlite(sqliteFileOf(settings), MIGRATIONS)
      : await probePostgres(settings.postgres, MIGRATIONS);
  const schema =
    pending === undefined
      ? 'new; the first start makes the tables'
      : pending === 0
        ? 'its schema is that of this version'
        : `the next start changes its schema in ${pending} step${pending === 1 ? '' : 's'}`;
  return { service: 'database', outcome: 'works', message: `${what}: ${schema}` };
}
