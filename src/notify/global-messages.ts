import { randomUUID } from 'node:crypto';
import { AppError } from '../kernel/errors.ts';
import type { Database, Transaction } from '../platform/db/index.ts';
import {
  countMessages,
  deleteMessage,
  type GlobalMessage,
  insertMessage,
  MESSAGES_MAX,
  selectMessages,
} from './global-message-store.ts';

/** What superusers tell everybody, oldest first. */
export function listGlobalMessages(db: Database): Promise<readonly GlobalMessage[]> {
  return selectMessages(db);
}

/** @returns its name in addresses. Errors: INVALID_REQUEST when there are 100 already. */
export async function createGlobalMessage(tx: Transaction, message: Omit<GlobalMessage, 'uuid'>): Promise<string> {
  if ((await countMessages(tx)) >= MESSAGES_MAX) {
    throw new AppError('INVALID_REQUEST', `There are ${MESSAGES_MAX} messages already; delete one first`);
  }
  const uuid = randomUUID();
  await insertMessage(tx, { ...message, uuid });
  return uuid;
}

/** One that is not there is fine. */
export function deleteGlobalMessage(tx: Transaction, uuid: string): Promise<void> {
  return deleteMessage(tx, uuid);
}
