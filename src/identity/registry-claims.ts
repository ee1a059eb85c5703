import { z } from 'zod';
import { type AccountActor, type Actor, ANONYMOUS, OAUTH_SCOPES, type UserActor } from './model.ts';

const CONTEXT = z.object({
  version: z.literal(2),
  entity_kind: z.enum(['anonymous', 'user', 'robot', 'oauthtoken', 'appspecifictoken']),
  // The uuid of a user's token, else the account's name.
  entity_reference: z.string().optional(),
  user_id: z.int().positive().optional(),
  password_version: z.int().positive().optional(),
  scopes: z.array(z.enum(OAUTH_SCOPES)).optional(),
  // Ours: what a robot signed in with.
  credential: z.int().optional(),
  // Ours: the uuid of the token that a user signed in with.
  user_credential: z.string().optional(),
  // Ours: given in exchange for a token of a federated identity, to be used as a password.
  exchanged: z.literal(true).optional(),
  // Ours: the instance made the token for its own use.
  internal: z.literal(true).optional(),
});

/** The claims of a registry token; names and `context` as Quay's, which external token readers know. */
export const REGISTRY_CLAIMS = z.object({
  iss: z.string(),
  aud: z.string(),
  sub: z.string(),
  nbf: z.int(),
  iat: z.int(),
  exp: z.int(),
  jti: z.string(),
  access: z
    .array(
      z.object({ type: z.enum(['repository', 'registry']), name: z.string(), actions: z.array(z.string()).readonly() }),
    )
    .readonly(),
  context: CONTEXT,
});

export type RegistryClaims = z.infer<typeof REGISTRY_CLAIMS>;

const ANONYMOUS_SUBJECT = '(anonymous)';

export function subjectOfActor(actor: Actor): string {
  return actor.kind === 'anonymous' ? ANONYMOUS_SUBJECT : actor.name;
}

export function contextOfActor(actor: Actor): RegistryClaims['context'] {
  if (actor.kind === 'anonymous') return { version: 2, entity_kind: 'anonymous' };
  const uuid = actor.kind === 'user' ? actor.credential?.uuid : undefined;
  return {
    version: 2,
    entity_kind: entityKindOf(actor),
    entity_reference: uuid ?? actor.name,
    user_id: actor.userId,
    password_version: actor.passwordVersion,
    ...(actor.scopes === undefined ? {} : { scopes: [...actor.scopes] }),
    ...(actor.kind === 'robot' && actor.credential !== undefined ? { credential: actor.credential } : {}),
    ...(uuid === undefined ? {} : { user_credential: uuid }),
  };
}

function entityKindOf(actor: AccountActor): RegistryClaims['context']['entity_kind'] {
  if (actor.kind === 'user' && actor.credential?.kind === 'app-token') return 'appspecifictoken';
  return actor.scopes === undefined ? actor.kind : 'oauthtoken';
}

/** undefined when the claims do not describe an actor completely: a gap must never widen what a token allows. */
export function actorOfClaims(claims: RegistryClaims): Actor | undefined {
  const { entity_kind, user_id: userId, password_version: passwordVersion, scopes, credential } = claims.context;
  if (entity_kind === 'anonymous') return ANONYMOUS;
  if (userId === undefined || passwordVersion === undefined) return undefined;
  if ((entity_kind === 'oauthtoken') !== (scopes !== undefined)) return undefined;
  if (entity_kind === 'robot') {
    const robot = { kind: 'robot', userId, name: claims.sub, passwordVersion, scopes: undefined } as const;
    return credential === undefined ? robot : { ...robot, credential };
  }
  const { user_credential: uuid } = claims.context;
  const isAppToken = entity_kind === 'appspecifictoken';
  if (isAppToken && uuid === undefined) return undefined;
  const user: UserActor = { kind: 'user', userId, name: claims.sub, passwordVersion, scopes };
  if (uuid === undefined) return user;
  return { ...user, credential: { kind: isAppToken ? 'app-token' : 'access-token', uuid } };
}
