import { createUser, type NewUser } from '../identity/index.ts';
import type { Core } from './open-core.ts';

/** Creates a user on behalf of the operator; the very first one becomes superuser and gets the library organization. */
export async function createAccount(
  { db, identity }: Core,
  user: NewUser,
): Promise<{ name: string; superuser: boolean }> {
  if (await identity.firstUser.pending()) {
    const origin = { clientAddress: '::1', forwarded: false, setupToken: undefined };
    const { name } = await identity.firstUser.initialize(origin, { ...user, accessToken: false });
    return { name, superuser: true };
  }
  const { name } = await createUser({ db, passwords: identity.passwords }, user, { kind: 'system', name: undefined });
  return { name, superuser: user.superuser };
}
