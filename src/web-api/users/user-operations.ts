import { deleteUser } from '../../catalog/index.ts';
import { newUserRequest, userAnswer, userChangeRequest } from '../../contract/index.ts';
import {
  checkNotLastSuperuser,
  findUser,
  passwordFault,
  type User,
  type UserActor,
  type UserChange,
} from '../../identity/index.ts';
import { AppError } from '../../kernel/errors.ts';
import { answer, type Answer, NO_CONTENT } from '../frame/answer.ts';
import { refusal } from '../frame/authorize-call.ts';
import { type Call, defineOperation, type Operation } from '../frame/operation.ts';
import { changedBy } from '../organizations/organization-call.ts';
import type { WebApiPorts } from '../ports.ts';
import { forgottenCookie } from '../session-cookie.ts';
import { beginSession, recordSignIn } from './begin-session.ts';
import { checkHuman } from './check-human.ts';
import { userView } from './user-view.ts';

/** The user who calls: makes his account, sees, changes and deletes it. */
export function userOperations(ports: WebApiPorts): readonly Operation[] {
  const { db, users } = ports;
  return [
    defineOperation({
      method: 'GET',
      path: '/user/',
      id: 'getLoggedInUser',
      summary: 'Tell about the user who calls',
      tag: 'user',
      scope: 'user:read',
      permission: { kind: 'user' },
      flags: { anonymousAllowed: true },
      answer: userAnswer,
      statuses: [200],
      async handle({ actor }) {
        return answer(await userView(ports, await callingUser(ports, actor), actor));
      },
    }),
    defineOperation({
      method: 'POST',
      path: '/user/',
      id: 'createNewUser',
      summary: 'Make an account for oneself',
      tag: 'user',
      permission: { kind: 'anyone' },
      flags: { internal: true, feature: ['FEATURE_USER_CREATION', 'FEATURE_DIRECT_LOGIN'] },
      body: newUserRequest,
      statuses: [200, 400, 403],
      async handle({ body, ...call }) {
        await checkHuman(ports, call, body.recaptcha_response);
        const { username: name, password, email, invite_code: inviteCode } = body;
        const signedUp = await users.register({ name, password, email, inviteCode }, call.context);
        if (signedUp.kind === 'awaiting-verification') return answer({ awaiting_verification: true });
        const { user } = signedUp;
        const headers = await db.transaction(async (tx) => {
          await recordSignIn(ports, tx, user, call);
          return beginSession(ports, tx, user, call);
        });
        return answer(await userView(ports, await callingUser(ports, user), user), 200, headers);
      },
    }),
    defineOperation({
      method: 'PUT',
      path: '/user/',
      id: 'changeUserDetails',
      summary: 'Change what the user says about himself, or his password',
      tag: 'user',
      scope: 'user:admin',
      permission: { kind: 'user' },
      flags: { internal: true, freshLogin: true },
      body: userChangeRequest,
      answer: userAnswer,
      statuses: [200, 400, 403],
      handle: ({ body, ...call }) => changeUser(ports, body, call),
    }),
    defineOperation({
      method: 'DELETE',
      path: '/user/',
      id: 'deleteCurrentUser',
      summary: 'Delete the user with all repositories and robots; the names are free at once',
      tag: 'user',
      scope: 'user:admin',
      permission: { kind: 'user' },
      flags: { internal: true, freshLogin: true },
      statuses: [204, 400, 404],
      async handle(call) {
        const { id: userId, name } = await callingUser(ports, call.actor);
        await db.transaction(async (tx) => {
          await checkNotLastSuperuser(tx, ports.catalogPolicy.standing, { userId, name });
          await deleteUser(tx, { userId, name }, changedBy(call));
        });
        return { ...NO_CONTENT, headers: forgottenCookie(ports.cookie) };
      },
    }),
    defineOperation({
      method: 'GET',
      path: '/users/{username}',
      id: 'getUserInformation',
      summary: 'Tell what everybody may know of a user',
      tag: 'user',
      permission: { kind: 'anyone' },
      answer: userAnswer,
      statuses: [200, 404],
      async handle({ actor, params }) {
        const user = await findUser(db, { name: params['username'] ?? '' });
        if (user === undefined) throw new AppError('NOT_FOUND', 'There is no such user');
        return answer(await userView(ports, user, actor));
      },
    }),
  ];
}

/** Errors: UNAUTHORIZED when he is gone since he was let in. */
async function callingUser({ db }: WebApiPorts, actor: Call<unknown, unknown>['actor']): Promise<User> {
  const user = actor.kind === 'user' ? await findUser(db, { id: actor.userId }) : undefined;
  if (user === undefined) throw refusal({ kind: 'anonymous' });
  return user;
}

type Written = NonNullable<(typeof userChangeRequest)['_output']>;

async function changeUser(
  ports: WebApiPorts,
  written: Written,
  call: Pick<Call<unknown, unknown>, 'actor' | 'caller' | 'context'>,
): Promise<Answer> {
  const { db, users, passwords } = ports;
  const before = await callingUser(ports, call.actor);
  const { password } = written;
  const fault = password === undefined ? undefined : passwordFault(password);
  if (fault !== undefined) throw new AppError('INVALID_REQUEST', fault);
  const passwordHash = password === undefined ? undefined : await passwords.hash(password);
  const by = changedBy(call);
  const { origin } = call.context;
  const { user, headers } = await db.transaction(async (tx) => {
    await users.change(tx, before.id, toChange(written), by, origin);
    if (passwordHash === undefined) return { user: call.actor as UserActor, headers: {} };
    const changed = await users.setPassword(tx, { userId: before.id, passwordHash }, by, origin);
    // Every session has ended with the old password; the one that changed it goes on as a new one.
    const renewed = call.caller.kind === 'session' ? await beginSession(ports, tx, changed, call) : {};
    return { user: changed, headers: renewed };
  });
  const token = call.caller.kind === 'session' ? { 'X-Next-CSRF-Token': ports.csrf.of(call.caller.cookie) } : {};
  const actor: UserActor = { ...(call.actor as UserActor), passwordVersion: user.passwordVersion };
  return answer(await userView(ports, await callingUser(ports, actor), actor), 200, { ...token, ...headers });
}

/** Field by field: nothing else that a request may hold (`verified`, `superuser`) has a way into the account. */
function toChange(written: Written): UserChange {
  return {
    name: written.username,
    email: written.email,
    invoiceEmail: written.invoice_email,
    invoiceEmailAddress: written.invoice_email_address,
    tagExpirationSeconds: written.tag_expiration_s,
    profile: {
      givenName: written.given_name,
      familyName: written.family_name,
      company: written.company,
      location: written.location,
    },
  };
}
