import type { Logger } from 'pino';
import type { Clock } from '../../kernel/clock.ts';
import type { PasswordHasher, SecretBox } from '../../platform/crypto/index.ts';
import type { Database, Transaction } from '../../platform/db/index.ts';
import type { Mailer } from '../../platform/mail/index.ts';
import type { JobHandler, JobQueue } from '../../platform/queue/index.ts';
import type { ChangedBy } from '../audit-actor.ts';
import { deleteEndedNames } from '../former-name-store.ts';
import type { UserActor } from '../model.ts';
import type { TagExpirationSettings } from '../organizations/config.ts';
import type { StandingRules } from '../standing.ts';
import { changePassword } from './change-password.ts';
import { changeUser, type UserChange } from './change-user.ts';
import type { UserSettings } from './config.ts';
import { findUser, type User } from './describe-user.ts';
import { createMailConfirmations, type MailConfirmations } from './mail-confirmations.ts';
import { createAccountRecovery, type AccountRecovery } from './recover-account.ts';
import { createRegistration, type RegisterUser } from './register-user.ts';
import { renameNamespace } from './rename-namespace.ts';

/** Accounts of people, but for signing in. */
export interface Users {
  readonly register: RegisterUser;
  /** See {@link findUser}. */
  find(by: { readonly id: number } | { readonly name: string }): Promise<User | undefined>;
  /** See {@link MailConfirmations.confirm}. */
  confirm(code: string, origin: string): ReturnType<MailConfirmations['confirm']>;
  readonly confirmations: MailConfirmations;
  readonly recovery: AccountRecovery;
  /** See {@link changeUser}. @param origin `scheme://host[:port]` of the registry, for links in mails */
  change(tx: Transaction, userId: number, change: UserChange, by: ChangedBy, origin: string): Promise<void>;
  /** See {@link changePassword}. */
  setPassword(
    tx: Transaction,
    change: { readonly userId: number; readonly passwordHash: string },
    by: ChangedBy,
    origin: string,
  ): Promise<UserActor>;
  /** See {@link renameNamespace}. */
  rename(tx: Transaction, namespace: { readonly id: number; readonly newName: string }, by: ChangedBy): Promise<void>;
  readonly jobs: readonly JobHandler[];
}

export interface UsersPorts {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly box: SecretBox;
  readonly passwords: PasswordHasher;
  readonly mailer: Mailer;
  readonly queue: JobQueue;
}

const HOUR_MS = 3_600_000;

export function createUsers(
  ports: UsersPorts,
  settings: UserSettings & {
    readonly openToFirst: boolean;
    readonly tagExpiration: TagExpirationSettings;
    readonly standing: StandingRules;
  },
): Users {
  const { db, mailer } = ports;
  const confirmations = createMailConfirmations(ports, settings);
  const recovery = createAccountRecovery({ ...ports, confirmations });
  return {
    register: createRegistration({ ...ports, confirmations, settings }),
    find: (by) => findUser(db, by),
    confirm: (code, origin) => db.transaction((tx) => confirmations.confirm(tx, code, origin)),
    confirmations,
    recovery,
    change: (tx, userId, change, by, origin) =>
      changeUser(tx, { mailer, confirmations, settings }, userId, change, by, origin),
    setPassword: (tx, change, by, origin) => changePassword(tx, mailer, change, by, origin),
    rename: (tx, namespace, by) => renameNamespace(tx, namespace, settings.formerNameLifetimeMs, by),
    jobs: [
      ...confirmations.jobs,
      ...recovery.jobs,
      {
        queue: 'free_former_names',
        everyMs: HOUR_MS,
        run: () => db.transaction((tx) => deleteEndedNames(tx)),
      },
    ],
  };
}
