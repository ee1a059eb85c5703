import type { Hono } from 'hono';
import type { z } from 'zod';
import { type currentUserAnswer, type firstUserAnswer, firstUserRequest } from '../contract/index.ts';
import { findUserEmail } from '../identity/index.ts';
import { authenticate, refusal } from './authenticate.ts';
import { isAddressedHere, type PipelineEnv } from '../platform/http/index.ts';
import type { WebApiPorts } from './ports.ts';
import { readJson } from './read-json.ts';

/** Carries the printed set-up token to `/user/initialize`. */
const SETUP_TOKEN_HEADER = 'X-Gantry-Setup-Token';

export function addUserRoutes(api: Hono<PipelineEnv>, ports: WebApiPorts): void {
  api.post('/api/v1/user/initialize', async (context) => {
    const request = await readJson(context, firstUserRequest);
    const user = await ports.firstUser.initialize(
      {
        clientAddress: context.env.context.clientAddress,
        forwarded: !isAddressedHere(context.env.context),
        setupToken: context.req.header(SETUP_TOKEN_HEADER),
      },
      {
        name: request.username,
        password: request.password,
        email: request.email,
        accessToken: request.access_token ?? false,
      },
    );
    const answer: z.infer<typeof firstUserAnswer> = {
      username: user.name,
      email: user.email ?? null,
      encrypted_password: ports.encryptedPasswords.encrypt(request.password),
      ...(user.accessToken === undefined ? {} : { access_token: user.accessToken }),
    };
    return context.json(answer);
  });

  api.get('/api/v1/user/', async (context) => {
    const actor = await authenticate(context, ports.authenticateAccessToken);
    if (actor.kind === 'anonymous' || !(actor.scopes ?? ['user:read']).some((scope) => scope.startsWith('user:'))) {
      throw refusal(actor);
    }
    const live = await ports.loadActor(actor.userId, actor.passwordVersion);
    if (live === undefined) throw refusal({ kind: 'anonymous' });
    const answer: z.infer<typeof currentUserAnswer> = {
      anonymous: false,
      username: live.name,
      email: (await findUserEmail(ports.db, actor.userId)) ?? null,
      verified: true,
      super_user: live.superuser,
    };
    return context.json(answer);
  });
}
