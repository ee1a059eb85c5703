import { randomUUID } from 'node:crypto';
import type { SecretBox } from '../../platform/crypto/index.ts';
import { randomUpperCase } from '../../platform/crypto/index.ts';
import type { Transaction } from '../../platform/db/index.ts';
import type { NewRobotToken } from './model.ts';
import { insertRobotToken } from './robot-token-store.ts';

/** Quay's form: 64 characters of [A-Z0-9]. */
const TOKEN_LENGTH = 64;

/** What the token is called that a robot has without anybody asking for one. */
export const FIRST_TOKEN: NewRobotToken = { name: 'default' };

/** Robots' tokens are shown again, so they are kept encrypted and not hashed. */
export async function issueRobotToken(
  tx: Transaction,
  box: SecretBox,
  robotId: number,
  { name, expiresAt }: NewRobotToken,
): Promise<{ readonly uuid: string; readonly token: string }> {
  const [uuid, token] = [randomUUID(), randomUpperCase(TOKEN_LENGTH)];
  await insertRobotToken(tx, {
    uuid,
    robot_id: robotId,
    name,
    token_encrypted: box.seal(token, purpose(uuid)),
    expires_at: expiresAt ?? null,
  });
  return { uuid, token };
}

export function openRobotToken(
  box: SecretBox,
  row: { readonly uuid: string; readonly token_encrypted: string },
): string {
  return box.open(row.token_encrypted, purpose(row.uuid));
}

function purpose(uuid: string): string {
  return `robot_token:${uuid}`;
}
