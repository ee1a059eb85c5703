import type { z } from 'zod';
import { type currentUserAnswer, type firstUserAnswer, firstUserRequest } from '../contract/index.ts';
import { findUserEmail } from '../identity/index.ts';
import { isAddressedHere } from '../platform/http/index.ts';
import { answer } from './frame/answer.ts';
import { refusal } from './frame/authorize-call.ts';
import { defineOperation, type Operation } from './frame/operation.ts';
import type { WebApiPorts } from './ports.ts';

/** Carries the printed set-up token to `/user/initialize`. */
const SETUP_TOKEN_HEADER = 'x-gantry-setup-token';

export function userOperations(ports: WebApiPorts): readonly Operation[] {
  return [
    defineOperation({
      method: 'POST',
      path: '/user/initialize',
      id: 'initializeUser',
      summary: 'Create the first user of the registry',
      tag: 'user',
      permission: { kind: 'anyone' },
      flags: { internal: true, anonymousAllowed: true, withoutSession: true },
      body: firstUserRequest,
      statuses: [200],
      async handle({ body, context }) {
        const sent = context.req.headers[SETUP_TOKEN_HEADER];
        const user = await ports.firstUser.initialize(
          {
            clientAddress: context.clientAddress,
            forwarded: !isAddressedHere(context),
            setupToken: typeof sent === 'string' ? sent : undefined,
          },
          {
            name: body.username,
            password: body.password,
            email: body.email,
            accessToken: body.access_token ?? false,
          },
        );
        return answer({
          username: user.name,
          email: user.email ?? null,
          encrypted_password: ports.encryptedPasswords.encrypt(body.password),
          ...(user.accessToken === undefined ? {} : { access_token: user.accessToken }),
        } satisfies z.infer<typeof firstUserAnswer>);
      },
    }),
    defineOperation({
      method: 'GET',
      path: '/user/',
      id: 'getLoggedInUser',
      summary: 'Tell about the user who calls',
      tag: 'user',
      scope: 'user:read',
      permission: { kind: 'user' },
      flags: { anonymousAllowed: true },
      statuses: [200],
      async handle({ actor }) {
        const live = actor.kind === 'user' ? await ports.loadActor(actor.userId, actor.passwordVersion) : undefined;
        if (actor.kind !== 'user' || live === undefined) throw refusal({ kind: 'anonymous' });
        return answer({
          anonymous: false,
          username: live.name,
          email: (await findUserEmail(ports.db, actor.userId)) ?? null,
          verified: true,
          super_user: live.superuser,
        } satisfies z.infer<typeof currentUserAnswer>);
      },
    }),
  ];
}
