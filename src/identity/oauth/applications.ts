import { type AuditActor, type AuditKind, recordAudit } from '../../audit/index.ts';
import { AppError } from '../../kernel/errors.ts';
import { equalSecrets, randomUpperCase, type SecretBox } from '../../platform/crypto/index.ts';
import type { Database, Transaction } from '../../platform/db/index.ts';
import {
  type ApplicationRow,
  deleteApplication,
  findApplicationByClientId,
  insertApplication,
  listApplicationRows,
  updateApplication,
} from './application-store.ts';
import { addressFault, redirectUriFault } from './redirect-uri.ts';

/** What an administrator of the organization says about an application. */
export interface ApplicationFacts {
  readonly name: string;
  readonly description: string;
  /** The one address that answers of an authorization are sent to; '': none. */
  readonly redirectUri: string;
  /** Its home page; '': none. */
  readonly applicationUri: string;
  readonly avatarEmail: string | undefined;
  /** It cannot keep a secret (RFC 6749 §2.1): runs in browsers or on its users' machines, and must use PKCE instead. */
  readonly publicClient: boolean;
}

/** A program that users may let act for them, registered by an organization. */
export interface Application extends ApplicationFacts {
  readonly id: number;
  readonly organization: { readonly id: number; readonly name: string };
  readonly clientId: string;
  /** Kept encrypted, since administrators are shown it again. */
  readonly sealedSecret: string;
}

export interface Applications {
  list(organizationId: number): Promise<readonly Application[]>;
  /** undefined: unknown, or its organization is disabled. */
  find(clientId: string): Promise<Application | undefined>;
  secretOf(application: Application): string;
  isSecretOf(application: Application, secret: string): boolean;
  /** Errors: INVALID_REQUEST with every fault of the facts. */
  create(
    tx: Transaction,
    organization: Application['organization'],
    facts: ApplicationFacts,
    by: AuditActor,
  ): Promise<Application>;
  /** Errors: INVALID_REQUEST, NOT_FOUND. */
  update(tx: Transaction, application: Application, facts: ApplicationFacts, by: AuditActor): Promise<Application>;
  /** The old secret is void at once. Errors: NOT_FOUND. */
  resetSecret(tx: Transaction, application: Application, by: AuditActor): Promise<Application>;
  /** Its tokens, codes and assignments end at once. Errors: NOT_FOUND. */
  remove(tx: Transaction, application: Application, by: AuditActor): Promise<void>;
}

// Quay's forms.
const CLIENT_ID_LENGTH = 20;
const SECRET_LENGTH = 40;
const CLIENT_ID = /^[A-Za-z0-9._-]{1,255}$/;

export function createApplications({ db, box }: { readonly db: Database; readonly box: SecretBox }): Applications {
  const open = (application: Application): string => box.open(application.sealedSecret, purpose(application.clientId));
  const newSecret = (clientId: string): string => box.seal(randomUpperCase(SECRET_LENGTH), purpose(clientId));
  return {
    list: async (organizationId) => (await listApplicationRows(db, organizationId)).map(toApplication),
    async find(clientId) {
      const row = CLIENT_ID.test(clientId) ? await findApplicationByClientId(db, clientId) : undefined;
      return row === undefined ? undefined : toApplication(row);
    },
    secretOf: open,
    isSecretOf: (application, secret) => equalSecrets(secret, open(application)),
    async create(tx, organization, facts, by) {
      checkFacts(facts);
      const clientId = randomUpperCase(CLIENT_ID_LENGTH);
      const sealedSecret = newSecret(clientId);
      const id = await insertApplication(tx, {
        ...toColumns(facts),
        organization_id: organization.id,
        client_id: clientId,
        client_secret_encrypted: sealedSecret,
      });
      const application = { ...facts, id, organization, clientId, sealedSecret };
      await record(tx, 'create_application', application, by, toMetadata(facts));
      return application;
    },
    async update(tx, application, facts, by) {
      checkFacts(facts);
      if (!(await updateApplication(tx, application.id, toColumns(facts)))) throw applicationUnknown();
      const updated = { ...application, ...facts };
      await record(tx, 'update_application', updated, by, toMetadata(facts));
      return updated;
    },
    async resetSecret(tx, application, by) {
      const sealedSecret = newSecret(application.clientId);
      const found = await updateApplication(tx, application.id, { client_secret_encrypted: sealedSecret });
      if (!found) throw applicationUnknown();
      await record(tx, 'reset_application_client_secret', application, by);
      return { ...application, sealedSecret };
    },
    async remove(tx, application, by) {
      if (!(await deleteApplication(tx, application.id))) throw applicationUnknown();
      await record(tx, 'delete_application', application, by);
    },
  };
}

export function applicationUnknown(): AppError {
  return new AppError('NOT_FOUND', 'There is no such application');
}

function purpose(clientId: string): string {
  return `client_secret:${clientId}`;
}

function checkFacts(facts: ApplicationFacts): void {
  const name = facts.name.trim() === '' ? 'The name must not be empty' : undefined;
  const faults = [name, redirectUriFault(facts.redirectUri), addressFault('application_uri', facts.applicationUri)];
  const found = faults.filter((fault) => fault !== undefined);
  if (found.length > 0) throw new AppError('INVALID_REQUEST', found.join('; '));
}

function record(
  tx: Transaction,
  kind: AuditKind,
  { name, clientId, organization }: Application,
  by: AuditActor,
  facts: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const metadata = { ...facts, application_name: name, client_id: clientId };
  return recordAudit(tx, { kind, actor: by, namespaceId: organization.id, metadata });
}

function toMetadata(facts: ApplicationFacts): Readonly<Record<string, unknown>> {
  const { name, description, redirectUri, applicationUri, avatarEmail } = facts;
  return {
    name,
    description,
    redirect_uri: redirectUri,
    application_uri: applicationUri,
    avatar_email: avatarEmail ?? null,
  };
}

function toColumns(facts: ApplicationFacts) {
  return {
    name: facts.name,
    description: facts.description,
    redirect_uri: facts.redirectUri,
    application_uri: facts.applicationUri,
    avatar_email: facts.avatarEmail ?? null,
    public_client: facts.publicClient ? 1 : 0,
  };
}

function toApplication(row: ApplicationRow): Application {
  return {
    id: row.id,
    organization: { id: row.organization_id, name: row.organization },
    clientId: row.client_id,
    sealedSecret: row.client_secret_encrypted,
    name: row.name,
    description: row.description,
    redirectUri: row.redirect_uri,
    applicationUri: row.application_uri,
    avatarEmail: row.avatar_email ?? undefined,
    publicClient: row.public_client === 1,
  };
}
