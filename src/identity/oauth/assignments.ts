import { randomUUID } from 'node:crypto';
import { type AuditActor, recordAudit } from '../../audit/index.ts';
import type { Database, Transaction } from '../../platform/db/index.ts';
import type { OAuthScope } from '../model.ts';
import { type Authorization, toAuthorization } from './api-tokens.ts';
import type { Application } from './applications.ts';
import { deleteAssignment, insertAssignment, listAssignmentRows } from './assignment-store.ts';

/** The offer of a token to a user who does not administer the application's organization; he has to agree to it. */
export interface Assignment extends Authorization {
  readonly applicationId: number;
  readonly redirectUri: string;
  readonly responseType: 'code' | 'token';
}

export interface Assignments {
  /** One offer of an application to a user at a time: a new one takes the place of the old. */
  assign(
    tx: Transaction,
    application: Application,
    offer: {
      readonly user: { readonly id: number; readonly name: string };
      readonly redirectUri: string;
      readonly scopes: readonly OAuthScope[];
      readonly responseType: 'code' | 'token';
    },
    by: AuditActor,
  ): Promise<void>;
  /** @param uuid one of them only */
  listOf(userId: number, uuid?: string): Promise<readonly Assignment[]>;
  /** The user has answered it. @returns false when there is none. */
  end(tx: Transaction, userId: number, uuid: string): Promise<boolean>;
  /** The user does not want it. @returns false when there is none. */
  refuse(tx: Transaction, userId: number, assignment: Assignment, by: AuditActor): Promise<boolean>;
}

export function createAssignments({ db }: { readonly db: Database }): Assignments {
  return {
    async assign(tx, application, { user, redirectUri, scopes, responseType }, by) {
      await insertAssignment(tx, {
        uuid: randomUUID(),
        application_id: application.id,
        user_id: user.id,
        redirect_uri: redirectUri,
        scopes: scopes.join(' '),
        response_type: responseType,
      });
      const metadata = {
        assigning_user: by.name,
        assigned_user: user.name,
        application: application.name,
        client_id: application.clientId,
      };
      const namespaceId = application.organization.id;
      await recordAudit(tx, { kind: 'oauth_token_assigned', actor: by, namespaceId, metadata });
    },
    async listOf(userId, uuid) {
      return (await listAssignmentRows(db, userId, uuid)).map((row) => ({
        ...toAuthorization(row),
        applicationId: row.application_id,
        redirectUri: row.redirect_uri,
        responseType: row.response_type === 'code' ? 'code' : 'token',
      }));
    },
    end: (tx, userId, uuid) => deleteAssignment(tx, userId, uuid),
    async refuse(tx, userId, { uuid, application }, by) {
      if (!(await deleteAssignment(tx, userId, uuid))) return false;
      const metadata = { assigned_user: by.name, application: application.name, client_id: application.clientId };
      await recordAudit(tx, { kind: 'oauth_token_revoked', actor: by, namespaceId: userId, metadata });
      return true;
    },
  };
}
