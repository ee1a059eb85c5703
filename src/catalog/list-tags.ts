import type { Tag } from '../kernel/reference.ts';
import type { Database } from '../platform/db/index.ts';
import type { NamePage } from './model.ts';
import { tagNamesQuery } from './tag-store.ts';

/** A page of the alive tags, bytewise sorted (distribution-spec "Listing Tags"). The caller has bounded the limit. */
export async function listTags(db: Database, repositoryId: number, page: NamePage): Promise<Tag[]> {
  const rows = await tagNamesQuery(db, repositoryId, page, await db.now()).execute();
  return rows.map((row) => row.name as Tag);
}
