import type { z } from 'zod';
import { type firstUserAnswer, firstUserRequest } from '../../contract/index.ts';
import { isAddressedHere } from '../../platform/http/index.ts';
import { answer } from '../frame/answer.ts';
import { defineOperation, type Operation } from '../frame/operation.ts';
import type { WebApiPorts } from '../ports.ts';

/** Carries the printed set-up token to `/user/initialize`. */
const SETUP_TOKEN_HEADER = 'x-gantry-setup-token';

/** Quay's way to an administrator without a configuration file. */
export function initializeOperation(ports: WebApiPorts): readonly Operation[] {
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
  ];
}
