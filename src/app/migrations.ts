import { auditLog } from '../audit/index.ts';
import { catalogRepositories, catalogRepositoryLists } from '../catalog/index.ts';
import {
  identityAccounts,
  identityDeletedNamespaces,
  identityOrganizations,
  identityOAuth,
  identityRobots,
  identityServiceKeys,
  identityRobotTokens,
  identitySessions,
  identitySuperusers,
  identityUsers,
} from '../identity/index.ts';
import { notifyMessages } from '../notify/index.ts';
import type { Migration } from '../platform/db/index.ts';
import { queueJobs } from '../platform/queue/index.ts';
import { registryUploads, registryUploadWriters } from '../registry/index.ts';
import { storageBlobs } from '../storage/index.ts';

/** The one ordered list of schema steps. New ones are only ever appended. */
export const MIGRATIONS: readonly Migration[] = [
  queueJobs,
  storageBlobs,
  auditLog,
  identityAccounts,
  catalogRepositories,
  registryUploads,
  registryUploadWriters,
  identitySessions,
  identityRobots,
  identityOrganizations,
  identityOAuth,
  identitySuperusers,
  identityUsers,
  identityServiceKeys,
  identityDeletedNamespaces,
  notifyMessages,
  identityRobotTokens,
  catalogRepositoryLists,
];
