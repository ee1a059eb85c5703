import type { z } from 'zod';
import type { userAnswer } from '../../contract/index.ts';
import { type Actor, describeUser, type User } from '../../identity/index.ts';
import { avatar, userAvatar } from '../avatar.ts';
import { hasScope } from '../frame/authorize-call.ts';
import type { WebApiPorts } from '../ports.ts';

/**
 * A user as somebody sees him: everybody his name and picture, he himself everything, as far as his token's scopes reach
 * (`user:read` his organizations, `user:admin` the rest).
 */
export async function userView(ports: WebApiPorts, user: User, actor: Actor): Promise<z.infer<typeof userAnswer>> {
  const view = { anonymous: false, username: user.name, avatar: userAvatar(ports.accounts.avatarKind, user) } as const;
  if (actor.kind !== 'user' || actor.userId !== user.id || !hasScope(actor.scopes, 'user:read')) return view;
  const [details, live] = await Promise.all([
    describeUser(ports.db, user.id),
    ports.loadActor(actor.userId, actor.passwordVersion),
  ]);
  const isAdmin = hasScope(actor.scopes, 'user:admin');
  return {
    ...view,
    ...(isAdmin
      ? {
          can_create_repo: live?.restricted !== true,
          is_me: true,
          verified: user.verified,
          email: user.email ?? null,
          logins: [],
          invoice_email: user.invoiceEmail,
          invoice_email_address: user.invoiceEmailAddress ?? null,
          preferred_namespace: false,
          tag_expiration_s: user.tagExpirationSeconds ?? ports.organizations.tagExpiration.defaultSeconds,
          prompts: [...details.prompts],
          company: details.company ?? null,
          family_name: details.familyName ?? null,
          given_name: details.givenName ?? null,
          location: details.location ?? null,
          is_free_account: true,
          has_password_set: user.hasPassword,
        }
      : {}),
    organizations: details.organizations.map(({ name, role }) => ({
      name,
      avatar: avatar(name, 'org'),
      can_create_repo: role !== 'member',
      public: false,
      ...(isAdmin ? { is_org_admin: role === 'admin', preferred_namespace: false } : {}),
    })),
    ...(hasScope(actor.scopes, 'super:user')
      ? { super_user: live?.superuser === true, global_readonly_super_user: live?.readOnlySuperuser === true }
      : {}),
  };
}
