import { z } from 'zod';
import { deleteUser } from '../../catalog/index.ts';
import {
  type createdInstallUserAnswer,
  type installUserAnswer,
  installUserRequest,
  newInstallUserRequest,
} from '../../contract/index.ts';
import {
  administerUser,
  changePerson,
  createUser,
  findPerson,
  grantSuperuser,
  listPersons,
  passwordFault,
  type RegisteredUser,
  revokeSuperuser,
} from '../../identity/index.ts';
import { AppError } from '../../kernel/errors.ts';
import { randomText } from '../../platform/crypto/index.ts';
import { userAvatar } from '../avatar.ts';
import { answer, NO_CONTENT } from '../frame/answer.ts';
import { type Call, defineOperation, type Operation } from '../frame/operation.ts';
import { flag } from '../frame/parameters.ts';
import type { WebApiPorts } from '../ports.ts';
import { PAGE, readPage } from './read-page.ts';
import { administeredBy, SUPERUSER } from './superuser-operation.ts';

/** Enough that nobody guesses it before it is changed. */
const GENERATED_PASSWORD_LENGTH = 24;

const LIST = z.object({ disabled: flag(true).describe('List those, too, who are disabled'), ...PAGE });

/** All users of the registry, for superusers. */
export function installUserOperations(ports: WebApiPorts): readonly Operation[] {
  const { db, passwords, encryptedPasswords, pageTokens } = ports;
  const rules = ports.catalogPolicy.standing;
  return [
    defineOperation({
      ...SUPERUSER,
      method: 'GET',
      path: '/superuser/users/',
      id: 'listAllUsers',
      summary: 'List all users of the registry',
      query: LIST,
      statuses: [200, 400],
      async handle({ query }) {
        const list = { operation: 'listAllUsers', filters: { disabled: query.disabled } };
        const page = await readPage(pageTokens, list, query, (after, limit) =>
          listPersons(db, rules, { after, limit, disabledToo: query.disabled }),
        );
        return answer({ users: page.rows.map((person) => view(ports, person)), ...page.next });
      },
    }),
    defineOperation({
      ...SUPERUSER,
      method: 'POST',
      path: '/superuser/users/',
      id: 'createInstallUser',
      summary: 'Create a user with a password that is made up and shown this once',
      body: newInstallUserRequest,
      statuses: [200, 400],
      async handle({ body, actor, context }) {
        const password = randomText(GENERATED_PASSWORD_LENGTH);
        const email = body.email === '' ? undefined : body.email;
        const user = { name: body.username, email, password, superuser: false };
        const by = administeredBy({ actor, context });
        const created = await createUser({ db, passwords }, user, by.actor, {
          clientAddress: context.clientAddress,
          facts: { email: email ?? '', superuser: by.actor.name },
        });
        return answer({
          username: created.name,
          email: created.email ?? null,
          password,
          encrypted_password: encryptedPasswords.encrypt(password),
        } satisfies z.infer<typeof createdInstallUserAnswer>);
      },
    }),
    defineOperation({
      ...SUPERUSER,
      method: 'GET',
      path: '/superuser/users/{username}',
      id: 'getInstallUser',
      summary: 'Show a user',
      statuses: [200, 404],
      handle: async (call) => answer(view(ports, await personOf(ports, call))),
    }),
    defineOperation({
      ...SUPERUSER,
      method: 'PUT',
      path: '/superuser/users/{username}',
      id: 'changeInstallUser',
      summary: 'Set the password or e-mail address of a user, disable or enable him',
      body: installUserRequest,
      statuses: [200, 400, 404],
      async handle(call) {
        const { password, email, enabled } = call.body;
        const person = await personOf(ports, call);
        const fault = password === undefined ? undefined : passwordFault(password);
        if (fault !== undefined) throw new AppError('INVALID_REQUEST', fault);
        const passwordHash = password === undefined ? undefined : await passwords.hash(password);
        const change = { passwordHash, email, enabled };
        const changed = await db.transaction((tx) => changePerson(tx, rules, person.id, change, administeredBy(call)));
        return answer(view(ports, changed));
      },
    }),
    defineOperation({
      ...SUPERUSER,
      method: 'DELETE',
      path: '/superuser/users/{username}',
      id: 'deleteInstallUser',
      summary: 'Delete a user with his repositories and robots',
      statuses: [204, 400, 404],
      async handle(call) {
        const { id } = await personOf(ports, call);
        const by = administeredBy(call);
        await db.transaction(async (tx) => {
          const { name } = await administerUser(tx, rules, id, by);
          await deleteUser(tx, { userId: id, name }, by);
        });
        return NO_CONTENT;
      },
    }),
    defineOperation({
      ...SUPERUSER,
      method: 'POST',
      path: '/superusers/users/{username}/sendrecovery',
      id: 'sendInstallUserRecoveryEmail',
      summary: 'Mail a user a link for a new password',
      flags: { ...SUPERUSER.flags, internal: true, feature: ['FEATURE_SUPER_USERS', 'FEATURE_MAILING'] },
      statuses: [200, 400, 404],
      async handle(call) {
        const { name, email, superuser } = await personOf(ports, call);
        if (superuser) throw new AppError('DENIED', `"${name}" is a superuser; revoke that first`);
        if (email === undefined) throw new AppError('INVALID_REQUEST', `"${name}" has no e-mail address; set one`);
        await ports.users.recovery.request(email, call.context.origin);
        return answer({ email });
      },
    }),
    defineOperation({
      ...SUPERUSER,
      method: 'PUT',
      path: '/superuser/users/{username}/superuser',
      id: 'grantSuperuser',
      summary: 'Make a user a superuser',
      statuses: [200, 400, 404],
      async handle(call) {
        const person = await personOf(ports, call);
        return answer(
          view(ports, await db.transaction((tx) => grantSuperuser(tx, rules, person.id, administeredBy(call)))),
        );
      },
    }),
    defineOperation({
      ...SUPERUSER,
      method: 'DELETE',
      path: '/superuser/users/{username}/superuser',
      id: 'revokeSuperuser',
      summary: 'Make a superuser a user like others',
      statuses: [200, 400, 404],
      async handle(call) {
        const person = await personOf(ports, call);
        return answer(
          view(ports, await db.transaction((tx) => revokeSuperuser(tx, rules, person.id, administeredBy(call)))),
        );
      },
    }),
  ];
}

/** Errors: NOT_FOUND. */
async function personOf(
  ports: WebApiPorts,
  { params }: Pick<Call<unknown, unknown>, 'params'>,
): Promise<RegisteredUser> {
  const person = await findPerson(ports.db, ports.catalogPolicy.standing, params['username'] ?? '');
  if (person === undefined) throw new AppError('NOT_FOUND', 'There is no such user');
  return person;
}

function view({ accounts }: WebApiPorts, person: RegisteredUser) {
  return {
    kind: 'user',
    name: person.name,
    username: person.name,
    email: person.email ?? null,
    verified: person.verified,
    avatar: userAvatar(accounts.avatarKind, person),
    super_user: person.superuser,
    global_readonly_super_user: person.readOnlySuperuser,
    enabled: person.enabled,
  } satisfies z.infer<typeof installUserAnswer>;
}
