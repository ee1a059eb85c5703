import { hash } from 'node:crypto';

/** Colours that white letters can be read on (contrast of at least 4.5 to 1). */
const COLORS = ['#7a4b9d', '#1f6fb2', '#0f766e', '#3f7d20', '#9a5b00', '#b0413e', '#8a3f6b', '#4a5a8a', '#5b6470'];

export interface Avatar {
  readonly name: string;
  readonly hash: string;
  readonly color: string;
  readonly kind: 'user' | 'org' | 'team' | 'robot' | 'app';
}

/** AVATAR_KIND. */
export type AvatarKind = 'local' | 'gravatar';

/** The picture of a user: one of gravatar.com goes by a hash of his e-mail address, which it tells to everybody who sees him. */
export function userAvatar(
  kind: AvatarKind,
  { name, email }: { readonly name: string; readonly email: string | undefined },
): Avatar {
  const drawn = avatar(name, 'user');
  if (kind === 'local' || email === undefined) return drawn;
  return { ...drawn, hash: hash('md5', email.trim().toLowerCase(), 'hex') };
}

/** What stands for an account in lists: the same colour wherever it appears. */
export function avatar(name: string, kind: Avatar['kind'], email?: string): Avatar {
  const digest = hash('sha256', (email ?? `${kind}:${name}`).trim().toLowerCase(), 'hex');
  return { name, hash: digest, color: COLORS[Number.parseInt(digest.slice(0, 8), 16) % COLORS.length] ?? '', kind };
}
