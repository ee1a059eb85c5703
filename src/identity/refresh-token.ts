import { z } from 'zod';
import type { Clock } from '../kernel/clock.ts';
import type { SecretBox } from '../platform/crypto/index.ts';
import { isSignedHs256, parseJwt, signHs256 } from './jwt.ts';
import type { LoadActor } from './load-actor.ts';
import type { UserActor } from './model.ts';
import type { LastUse } from './users/last-use.ts';

/**
 * What a client keeps instead of the password (distribution's OAuth2 token specification). Bound to the password version,
 * so a password change voids it on every machine.
 */
export interface RefreshTokens {
  /** undefined for an actor who came with an access token or the like: the new token would outlive its withdrawal. */
  issue(actor: UserActor): string | undefined;
  /** undefined: not ours, run out, or the user is gone, disabled, or has another password since. */
  authenticate(text: string): Promise<UserActor | undefined>;
}

export interface RefreshTokenPorts {
  readonly box: SecretBox;
  readonly clock: Clock;
  readonly loadActor: LoadActor;
  readonly lastUse: LastUse;
}

const LIFETIME_SECONDS = 180 * 24 * 3600;
const TOKEN_MAX = 2048;
// Keeps these apart from every other token that may ever be signed with a key derived from the same secret.
const AUDIENCE = 'registry-refresh';
const KEY_PURPOSE = 'registry-refresh-token';

const CLAIMS = z.object({
  aud: z.literal(AUDIENCE),
  user_id: z.int().positive(),
  password_version: z.int().positive(),
  iat: z.int(),
  exp: z.int(),
});

export function createRefreshTokens({ box, clock, loadActor, lastUse }: RefreshTokenPorts): RefreshTokens {
  // The service keys live for two hours only; this key is the same on every node for years.
  const key = box.deriveKey(KEY_PURPOSE);
  return {
    issue(actor) {
      if (actor.scopes !== undefined || actor.credential !== undefined) return undefined;
      const iat = Math.floor(clock.now() / 1000);
      const claims: z.infer<typeof CLAIMS> = {
        aud: AUDIENCE,
        user_id: actor.userId,
        password_version: actor.passwordVersion,
        iat,
        exp: iat + LIFETIME_SECONDS,
      };
      return signHs256(key, claims);
    },
    async authenticate(text) {
      const jwt = parseJwt(text, TOKEN_MAX);
      if (jwt?.header['alg'] !== 'HS256' || !isSignedHs256(jwt, key)) return undefined;
      const claims = CLAIMS.safeParse(jwt.claims).data;
      if (claims === undefined || claims.exp * 1000 <= clock.now()) return undefined;
      const user = await loadActor(claims.user_id, claims.password_version);
      if (user === undefined) return undefined;
      lastUse.note(claims.user_id);
      const { user_id: userId, password_version: passwordVersion } = claims;
      return { kind: 'user', userId, name: user.name, passwordVersion, scopes: undefined };
    },
  };
}
