import { recordAudit } from '../../audit/index.ts';
import { signInRequest, verifyRequest } from '../../contract/index.ts';
import { acceptTeamInvite, auditActor, type UserActor } from '../../identity/index.ts';
import { Abort, answer, type Answer } from '../frame/answer.ts';
import type { Caller } from '../frame/find-caller.ts';
import { type Call, defineOperation, type Operation } from '../frame/operation.ts';
import type { WebApiPorts } from '../ports.ts';
import { forgottenCookie } from '../session-cookie.ts';
import { beginSession, recordSignIn, userAgent } from './begin-session.ts';

/** Signing in and out of the web UI. */
export function sessionOperations(ports: WebApiPorts): readonly Operation[] {
  const { db, sessions } = ports;
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
      async handle({ body, ...call }) {
        const user = await proveUser(ports, body.username, body.password, call);
        const headers = await db.transaction(async (tx) => {
          await recordSignIn(ports, tx, user, call);
          const by = { actor: auditActor(user), clientAddress: call.context.clientAddress };
          if (body.invite_code !== undefined) await acceptTeamInvite(tx, body.invite_code, user, by);
          return beginSession(ports, tx, user, call);
        });
        return answer({ success: true }, 200, headers);
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
      async handle({ body, ...call }) {
        await proveUser(ports, (call.actor as UserActor).name, body.password, call);
        const { caller } = call;
        if (caller.kind === 'session') await db.transaction((tx) => sessions.verify(tx, caller.cookie));
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
          await db.transaction(async (tx) => {
            await sessions.end(tx, caller.cookie);
            if (!ports.accounts.recordsSignIns) return;
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

type PasswordCall = Pick<Call<unknown, unknown>, 'caller' | 'context'>;

/** Errors: an answer in Quay's shape when the password is wrong, or the address still has to be confirmed; TOO_MANY_REQUESTS. */
async function proveUser(
  ports: WebApiPorts,
  login: string,
  password: string,
  { context }: PasswordCall,
): Promise<UserActor> {
  const outcome = await ports.checkPassword(login, password, context.clientAddress);
  if (outcome.kind === 'right') return outcome.user;
  if (outcome.kind === 'unverified') {
    await ports.db.transaction((tx) => ports.users.confirmations.beginAgain(tx, outcome.user, context.origin));
    throw new Abort(refused(true, 'You must confirm your e-mail address first; follow the link in the mail'));
  }
  await recordFailure(ports, login, context);
  throw new Abort(refused(false, 'Invalid Username or Password'));
}

/** ACTION_LOG_AUDIT_LOGIN_FAILURES. What was typed as a login may be a password, so only names that there are, are recorded. */
async function recordFailure(ports: WebApiPorts, login: string, context: PasswordCall['context']): Promise<void> {
  if (!ports.accounts.recordsFailedSignIns) return;
  const user = await ports.users.find({ name: login });
  await ports.db.transaction((tx) =>
    recordAudit(tx, {
      kind: 'login_failure',
      actor: { kind: 'anonymous', name: undefined },
      namespaceId: user?.id,
      clientAddress: context.clientAddress,
      metadata: {
        type: 'quayauth',
        useragent: userAgent(context),
        message: 'Invalid Username or Password',
        ...(user === undefined ? {} : { username: user.name }),
      },
    }),
  );
}

/** Quay's answer; it never says which of name and password was wrong. */
function refused(needsEmailVerification: boolean, message: string): Answer {
  return answer({ needsEmailVerification, invalidCredentials: !needsEmailVerification, message }, 403);
}

function nextToken({ csrf }: WebApiPorts, caller: Caller): Readonly<Record<string, string>> {
  return caller.kind === 'session' ? { 'X-Next-CSRF-Token': csrf.of(caller.cookie) } : {};
}
