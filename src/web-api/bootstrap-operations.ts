import { AppError } from '../kernel/errors.ts';
import { isFromThisMachine } from '../platform/http/index.ts';
import { answer } from './frame/answer.ts';
import { refusal } from './frame/authorize-call.ts';
import { defineOperation, type Operation } from './frame/operation.ts';
import type { WebApiPorts } from './ports.ts';

const BEARER = /^Bearer +([^ ]+) *$/i;

/** The token that programs find in a file; there only with FEATURE_PROGRAMMATIC_BOOTSTRAP. */
export function bootstrapOperations({ bootstrapTokens: tokens }: WebApiPorts): readonly Operation[] {
  return [
    defineOperation({
      method: 'POST',
      path: '/bootstrap/renew',
      id: 'renewBootstrapToken',
      summary: 'Have a new bootstrap token written in the place of the one that is sent',
      tag: 'bootstrap',
      permission: { kind: 'anyone' },
      // Everything hangs on a header that no page of a stranger can make a browser send.
      flags: { anonymousAllowed: true, withoutSession: true, feature: 'FEATURE_PROGRAMMATIC_BOOTSTRAP' },
      statuses: [200],
      async handle({ actor, context }) {
        const token = BEARER.exec(context.req.headers.authorization ?? '')?.[1] ?? '';
        const client = { isLocal: isFromThisMachine(context), address: context.clientAddress };
        if ((await tokens.renew(token, client)) === 'rotated') return answer({ status: 'rotated' });
        if (actor.kind !== 'anonymous') throw refusal(actor);
        throw new AppError('UNAUTHORIZED', 'This needs "Authorization: Bearer" with the bootstrap token');
      },
    }),
  ];
}
