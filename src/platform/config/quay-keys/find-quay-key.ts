import { accountKeys } from './accounts.ts';
import { brandingKeys } from './branding.ts';
import { buildKeys } from './builds.ts';
import { databaseKeys } from './database.ts';
import { directoryKeys } from './directories.ts';
import { droppedKeys, hostedServiceKeys } from './hosted-and-dropped.ts';
import { hostingKeys } from './hosting.ts';
import type { KeyRow, KeyTopic } from './key-topic.ts';
import { logKeys, mailKeys } from './mail-and-logs.ts';
import { observationKeys } from './observation.ts';
import { quotaKeys, removalKeys } from './quota-and-removal.ts';
import { registryKeys } from './registry-protocol.ts';
import { mirrorKeys, scannerKeys } from './scanner-and-mirror.ts';
import { signInKeys } from './sign-in.ts';
import { storageKeys } from './storage.ts';

/** Every key that Quay's configuration has or had, by what it is about. */
export const KEY_TOPICS: readonly KeyTopic[] = [
  hostingKeys,
  databaseKeys,
  storageKeys,
  registryKeys,
  accountKeys,
  signInKeys,
  directoryKeys,
  brandingKeys,
  mailKeys,
  logKeys,
  scannerKeys,
  mirrorKeys,
  quotaKeys,
  removalKeys,
  buildKeys,
  observationKeys,
  hostedServiceKeys,
  droppedKeys,
];

export interface QuayKey extends KeyRow {
  readonly topic: string;
  readonly owner: string;
}

/** The row that stands for the sign-in services that are declared under any name, e.g. `KEYCLOAK_LOGIN_CONFIG`. */
const LOGIN_CONFIG_ROW = '<NAME>_LOGIN_CONFIG';
const LOGIN_CONFIG = /^[A-Z][A-Z0-9_]*_LOGIN_CONFIG$/;

const rows: ReadonlyMap<string, QuayKey> = new Map(
  KEY_TOPICS.flatMap(({ title, owner, keys }) =>
    Object.entries(keys).map(([name, row]) => [name, { ...row, topic: title, owner: row.owner ?? owner }] as const),
  ),
);

/** What is known of a key of Quay; undefined when Quay has none of this name. */
export function findQuayKey(name: string): QuayKey | undefined {
  return rows.get(name) ?? (LOGIN_CONFIG.test(name) ? rows.get(LOGIN_CONFIG_ROW) : undefined);
}

/** The names of all keys of Quay, as far as they are fixed. */
export function quayKeyNames(): readonly string[] {
  return [...rows.keys()].filter((name) => name !== LOGIN_CONFIG_ROW);
}
