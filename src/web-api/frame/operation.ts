import type { z } from 'zod';
import type { Actor, OAuthScope } from '../../identity/index.ts';
import type { RepositoryAccess } from '../../catalog/index.ts';
import type { RequestContext } from '../../platform/http/index.ts';
import type { Answer } from './answer.ts';
import type { FeatureKey } from './feature-gate.ts';
import type { Caller } from './find-caller.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/**
 * Who may call an operation, as data. It is decided before anything of the request but its path is looked at, and a refusal
 * says neither whether the thing exists nor what is wrong with the body.
 *
 * - `anyone`: no check here; the operation shows each caller what is his to see.
 * - `user`: a signed-in user, whose token carries the scope of the operation.
 * - `repository`: the role on the repository in the path. Superusers with full access (FEATURE_SUPERUSERS_FULL_ACCESS) have every role;
 *   read-only superusers may do what reads.
 * - `organization`: the role in the organization in the path (`{orgname}`). `superusers`: they may too, `always`, or only with `full`
 *   access; either lets read-only superusers do what reads.
 * - `superuser`: a superuser, or one with `full` access; for what reads, also a read-only superuser.
 *
 * Superusers are such with a session or the scope `super:user`. What reads is a GET. Read-only superusers may change
 * nothing but what is their own, even where they were granted more.
 */
export type Permission =
  | { readonly kind: 'anyone' }
  | { readonly kind: 'user' }
  | { readonly kind: 'repository'; readonly role: 'read' | 'write' | 'admin' }
  | {
      readonly kind: 'organization';
      readonly role: 'member' | 'creator' | 'admin';
      readonly superusers?: 'always' | 'full';
    }
  | { readonly kind: 'superuser'; readonly full?: true };

export interface OperationFlags {
  /** Left out of the published description; for the web UI. */
  readonly internal?: boolean;
  /** The user must have given his password a short while ago (FRESH_LOGIN_TIMEOUT). */
  readonly freshLogin?: boolean;
  /** Answered to anonymous callers even when FEATURE_ANONYMOUS_ACCESS is off. */
  readonly anonymousAllowed?: boolean;
  /** A change that goes on while the registry is read-only. */
  readonly worksReadOnly?: boolean;
  /**
   * Makes or changes content. A restricted user (FEATURE_RESTRICTED_USERS) may not do it in his own namespace, nor where no
   * repository says in which namespace it is.
   */
  readonly notRestricted?: true;
  /** Makes an organization, which may be for superusers alone (FEATURE_SUPERUSERS_ORG_CREATION_ONLY), and is not for restricted users. */
  readonly makesOrganization?: true;
  /** Needs no CSRF token from callers without an access token: the first call of all, when there is no session yet. */
  readonly withoutSession?: boolean;
  /** Still there for old clients, which are told so by a header. */
  readonly deprecated?: boolean;
  /** It exists only while these keys of the configuration are on. */
  readonly feature?: FeatureKey | readonly FeatureKey[];
}

/** What was decided about; each is there when the permission is about one. */
export interface Granted {
  readonly repository?: RepositoryAccess;
  readonly organization?: { readonly id: number; readonly name: string };
  /** The role that the caller was let in with; superusers are let in with theirs when they were granted less. */
  readonly role?: 'member' | 'creator' | 'admin' | 'superuser' | 'readOnlySuperuser';
  /** A superuser has full access (FEATURE_SUPERUSERS_FULL_ACCESS). */
  readonly fullAccess?: boolean;
}

/**
 * Whether secrets of what was decided about may be shown: to its administrators, not to superusers who may only look. A
 * robot's token would let them in where they may not go.
 */
export function mayShowSecrets({ organization, repository, role, fullAccess }: Granted): boolean {
  if (repository !== undefined) return repository.role === 'admin';
  return organization === undefined || role === 'admin' || fullAccess === true;
}

/** What a handler gets to know about a call that may be carried out. */
export interface Call<Query, Body> {
  readonly context: RequestContext;
  readonly caller: Caller;
  readonly actor: Actor;
  /** Decoded segments of the path, by their name in {@link Operation.path}. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
  /** Of what the permission is about. */
  readonly granted: Granted;
}

/** One operation of the REST API: what is published about it, who may call it, and how it is carried out. */
export interface Operation<Query = unknown, Body = unknown> {
  readonly method: Method;
  /** Below `/api/v1`; `{name}` stands for a segment, `{repository}` for two or more. */
  readonly path: string;
  /** Quay's operationId, which generated clients call it by; unique. */
  readonly id: string;
  /** One sentence for the description. */
  readonly summary: string;
  /** Groups operations in the description; Quay's module name. */
  readonly tag: string;
  /** What an access token must carry; also published. undefined: any token will do. */
  readonly scope?: OAuthScope;
  readonly permission: Permission;
  readonly flags?: OperationFlags;
  /** Parameters after `?`; unknown ones are ignored, as in Quay. */
  readonly query?: z.ZodType<Query>;
  readonly body?: z.ZodType<Body>;
  /** Body of the successful answer, for the description. */
  readonly answer?: z.ZodType;
  /** Statuses besides 401 and 403 that it answers with. */
  readonly statuses: readonly number[];
  // A method and not a property, so that operations of all types fit into one table.
  handle(call: Call<Query, Body>): Promise<Answer>;
}

/** Gives the handler the types that the schemas say. */
export function defineOperation<Query, Body>(operation: Operation<Query, Body>): Operation {
  return operation;
}
