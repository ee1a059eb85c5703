import { recordAudit } from '../audit/index.ts';
import { signInRequest, verifyRequest } from '../contract/index.ts';
import { auditActor, type UserActor } from '../identity/index.ts';
import { Abort, answer, type Answer } from './frame/answer.ts';
import type { Caller } from './frame/find-caller.ts';
import { defineOperation, type Operation } from './frame/operation.ts';
import type { WebApiPorts } from './ports.ts';
import { forgottenCookie, sessionCookie } from './session-cookie.ts';

/** Signing in and out of the web UI. */
export function sessionOperations(ports: WebApiPorts): readonly Operation[] {
  return [
    defineOperation({
      method: 'POST',
      path: '/signin',
      id: 'signinUser',
      summary: 'Sign in with a user name or e-mail address and a password',
      tag: 'user',
      permission: { kind: 'anyone' },
      flags: { internal: true, anonymousAllowed: true, worksReadOnly: true, feature: 'FEATURE_DIRECT_LOGIN' },
      body: signInRequest,
      statuses: [200, 403, 429],
      async handle({ body, caller, context }) {
        const user = await ports.authenticatePassword(body.username, body.password, context.clientAddress);
        if (user === undefined) throw new Abort(wrongCredentials());
        const cookie = await ports.db.transaction(async (tx) => {
          // Signing in again inside a session replaces it.
          if (caller.kind === 'session') await ports.sessions.end(tx, caller.cookie);
          await recordAudit(tx, {
            kind: 'login_success',
            actor: auditActor(user),
            namespaceId: user.userId,
            clientAddress: context.clientAddress,
          });
          return ports.sessions.begin(tx, user);
        });
        return answer({ success: true }, 200, {
          ...sessionCookie(ports.cookie, context, cookie),
          'X-Next-CSRF-Token': ports.csrf.of(cookie),
        });
      },
    }),
    defineOperation({
      method: 'POST',
      path: '/signin/verify',
      id: 'verifyUser',
      summary: 'Give the password again, for operations that ask for it',
      tag: 'user',
      scope: 'user:admin',
      permission: { kind: 'user' },
      flags: { internal: true, worksReadOnly: true },
      body: verifyRequest,
      statuses: [200, 403, 429],
      async handle({ body, caller, actor, context }) {
        const name = (actor as UserActor).name;
        const user = await ports.authenticatePassword(name, body.password, context.clientAddress);
        if (user === undefined) throw new Abort(wrongCredentials());
        if (caller.kind === 'session') await ports.db.transaction((tx) => ports.sessions.verify(tx, caller.cookie));
        return answer({ success: true }, 200, nextToken(ports, caller));
      },
    }),
    defineOperation({
      method: 'POST',
      path: '/signout',
      id: 'logout',
      summary: 'End the session',
      tag: 'user',
      permission: { kind: 'anyone' },
      flags: { internal: true, worksReadOnly: true },
      statuses: [200],
      async handle({ caller, context }) {
        if (caller.kind === 'session') {
          await ports.db.transaction(async (tx) => {
            await ports.sessions.end(tx, caller.cookie);
            await recordAudit(tx, {
              kind: 'logout_success',
              actor: auditActor(caller.actor),
              namespaceId: caller.session.actor.userId,
              clientAddress: context.clientAddress,
            });
          });
        }
        return answer({ success: true }, 200, forgottenCookie(ports.cookie));
      },
    }),
  ];
}

/** Quay's answer; it never says which of the two was wrong. */
function wrongCredentials(): Answer {
  return answer(
    { needsEmailVerification: false, invalidCredentials: true, message: 'Invalid Username or Password' },
    403,
  );
}

function nextToken({ csrf }: WebApiPorts, caller: Caller): Readonly<Record<string, string>> {
  return caller.kind === 'session' ? { 'X-Next-CSRF-Token': csrf.of(caller.cookie) } : {};
}
