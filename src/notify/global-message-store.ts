import { type Database, prepared, type Transaction } from '../platform/db/index.ts';
import type { NotifyTables } from './tables.ts';

export interface GlobalMessage {
  readonly uuid: string;
  readonly content: string;
  readonly media_type: 'text/plain' | 'text/markdown';
  readonly severity: 'info' | 'warning' | 'error';
}

/** More messages than anybody reads. */
export const MESSAGES_MAX = 100;

/** Every page of the web UI asks for them. */
const messages = prepared<NotifyTables, [], GlobalMessage>((query) =>
  query
    .selectFrom('global_message')
    .select(['uuid', 'content', 'media_type', 'severity'])
    .orderBy('id')
    .limit(MESSAGES_MAX),
);

/** Oldest first. */
export function selectMessages(db: Database): Promise<readonly GlobalMessage[]> {
  return messages.all(db);
}

export async function countMessages(tx: Transaction): Promise<number> {
  const row = await tx
    .query<NotifyTables>()
    .selectFrom('global_message')
    .select((e) => e.fn.countAll<number>().as('messages'))
    .executeTakeFirstOrThrow();
  return row.messages;
}

export async function insertMessage(tx: Transaction, message: GlobalMessage): Promise<void> {
  await tx
    .query<NotifyTables>()
    .insertInto('global_message')
    .values({ ...message, created_at: await tx.now() })
    .execute();
}

export async function deleteMessage(tx: Transaction, uuid: string): Promise<void> {
  await tx.query<NotifyTables>().deleteFrom('global_message').where('uuid', '=', uuid).execute();
}
