import { changePerson, findPerson, grantSuperuser, passwordFault, revokeSuperuser } from '../identity/index.ts';
import type { Core } from './open-core.ts';
import type { AppSettings } from './settings.ts';

/** What the operator may do to an account, also where nobody can sign in any more. */
export type Administration =
  | { readonly kind: 'grant-superuser' | 'revoke-superuser' | 'enable' | 'disable' }
  | { readonly kind: 'reset-password'; readonly password: string };

/** The operator is nobody's equal: he changes superusers, too. */
const OPERATOR = { actor: { kind: 'system', name: undefined }, userId: undefined } as const;

/** Carries it out, with a record of it. Errors: there is no such user; the password is none; the last superuser is to be revoked. */
export async function administerAccount(
  { db, identity }: Pick<Core, 'db' | 'identity'>,
  { catalog: { standing } }: Pick<AppSettings, 'catalog'>,
  name: string,
  administration: Administration,
): Promise<void> {
  const user = await findPerson(db, standing, name);
  if (user === undefined) throw new Error(`There is no user "${name}"`);
  const fault = administration.kind === 'reset-password' ? passwordFault(administration.password) : undefined;
  if (fault !== undefined) throw new Error(fault);
  const passwordHash =
    administration.kind === 'reset-password' ? await identity.passwords.hash(administration.password) : undefined;
  await db.transaction(async (tx) => {
    switch (administration.kind) {
      case 'grant-superuser':
        return grantSuperuser(tx, standing, user.id, OPERATOR);
      case 'revoke-superuser':
        return revokeSuperuser(tx, standing, user.id, OPERATOR);
      case 'enable':
      case 'disable':
        return changePerson(tx, standing, user.id, { enabled: administration.kind === 'enable' }, OPERATOR);
      case 'reset-password':
        return changePerson(tx, standing, user.id, { passwordHash }, OPERATOR);
      default:
        throw new Error(`There is no such change: ${JSON.stringify(administration satisfies never)}`);
    }
  });
}
