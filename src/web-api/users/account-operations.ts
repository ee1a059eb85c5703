import { recordAudit } from '../../audit/index.ts';
import { convertUser } from '../../catalog/index.ts';
import { clientKeyRequest, convertUserRequest, recoveryRequest } from '../../contract/index.ts';
import { auditActor, checkNotLastSuperuser, type UserActor } from '../../identity/index.ts';
import { AppError } from '../../kernel/errors.ts';
import { isMailAddress } from '../../kernel/mail-address.ts';
import { answer } from '../frame/answer.ts';
import { refusal } from '../frame/authorize-call.ts';
import { defineOperation, type Operation } from '../frame/operation.ts';
import type { WebApiPorts } from '../ports.ts';
import { beginSession, recordSignIn } from './begin-session.ts';
import { checkHuman } from './check-human.ts';

/** What is done to accounts by their password, or without it. */
export function accountOperations(ports: WebApiPorts): readonly Operation[] {
  const { db, users } = ports;
  return [
    defineOperation({
      method: 'POST',
      path: '/user/clientkey',
      id: 'generateUserClientKey',
      summary: 'Give the password in a form that can stand in the configuration of a client',
      tag: 'user',
      scope: 'user:admin',
      permission: { kind: 'user' },
      flags: { internal: true },
      body: clientKeyRequest,
      statuses: [200, 400],
      async handle({ body, actor, context }) {
        if (actor.kind !== 'user') throw refusal(actor);
        const user = await ports.authenticatePassword(actor.name, body.password, context.clientAddress);
        if (user?.userId !== actor.userId) throw new AppError('INVALID_REQUEST', 'Invalid Username or Password');
        await db.transaction((tx) =>
          recordAudit(tx, {
            kind: 'user_generate_client_key',
            actor: auditActor(actor),
            namespaceId: user.userId,
            clientAddress: context.clientAddress,
            metadata: { username: user.name },
          }),
        );
        return answer({ key: ports.encryptedPasswords.encrypt(body.password) });
      },
    }),
    defineOperation({
      method: 'POST',
      path: '/user/convert',
      id: 'convertUserToOrganization',
      summary: 'Make an organization of the user, administered by another one who signs in at once',
      tag: 'user',
      scope: 'user:admin',
      permission: { kind: 'user' },
      flags: { internal: true, makesOrganization: true },
      body: convertUserRequest,
      statuses: [200, 400, 403],
      async handle({ body, ...call }) {
        const { actor, context } = call;
        if (actor.kind !== 'user') throw refusal(actor);
        const administrator = await ports.authenticatePassword(
          body.adminUser,
          body.adminPassword,
          context.clientAddress,
        );
        if (administrator === undefined)
          throw invalidAdministrator('The administrator’s user name or password is wrong');
        if (administrator.userId === actor.userId) {
          throw invalidAdministrator(
            'The account cannot administer itself once it is an organization; name another user',
          );
        }
        const headers = await db.transaction((tx) => convert(ports, tx, actor, administrator, call));
        return answer({ success: true }, 200, headers);
      },
    }),
    defineOperation({
      method: 'POST',
      path: '/recovery',
      id: 'requestRecoveryEmail',
      summary: 'Have a link for a new password mailed to an address, if it belongs to a user',
      tag: 'user',
      permission: { kind: 'anyone' },
      flags: { internal: true, anonymousAllowed: true, feature: 'FEATURE_MAILING' },
      body: recoveryRequest,
      statuses: [200, 400],
      async handle({ body, ...call }) {
        await checkHuman(ports, call, body.recaptcha_response);
        if (!isMailAddress(body.email)) throw new AppError('INVALID_REQUEST', 'This is not an e-mail address');
        await users.recovery.request(body.email, call.context.origin);
        return answer({ status: 'sent' });
      },
    }),
  ];
}

async function convert(
  ports: WebApiPorts,
  tx: Parameters<typeof convertUser>[0],
  user: UserActor,
  administrator: UserActor,
  call: Parameters<typeof beginSession>[3],
): Promise<Readonly<Record<string, string>>> {
  const by = { actor: auditActor(user), clientAddress: call.context.clientAddress };
  await checkNotLastSuperuser(tx, ports.catalogPolicy.standing, user);
  await convertUser(tx, { userId: user.userId, administratorId: administrator.userId }, by);
  // The session of the user went with his account; whoever converts it with a token has no browser to sign in.
  if (call.caller.kind !== 'session') return {};
  await recordSignIn(ports, tx, administrator, call);
  return beginSession(ports, tx, administrator, call);
}

/** Quay's error: clients look for the reason. */
function invalidAdministrator(message: string): AppError {
  return new AppError('INVALID_REQUEST', message, { detail: { reason: 'invaliduser' } });
}
