import type { Identity, UserActor } from '../../src/identity/index.ts';
import type { Database } from '../../src/platform/db/index.ts';

/** The headers by which a caller of the API is known. */
export type Credentials = Readonly<Record<string, string>>;

export function byToken(token: string): Credentials {
  return { Authorization: `Bearer ${token}` };
}

/** A session of its own, begun just now, with the proof that its changes need. */
export async function bySession(
  db: Database,
  { sessions, csrf }: Pick<Identity, 'sessions' | 'csrf'>,
  user: UserActor,
): Promise<Credentials> {
  const cookie = await db.transaction((tx) => sessions.begin(tx, user));
  return { Cookie: `_csrf_token=${cookie}`, 'X-CSRF-Token': csrf.of(cookie) };
}

/** Credentials without the proof: what the page of a stranger can make a browser send. */
export function onlyCookie({ Cookie = '' }: Credentials): Credentials {
  return { Cookie };
}
