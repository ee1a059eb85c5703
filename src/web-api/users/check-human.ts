import type { Call } from '../frame/operation.ts';
import type { WebApiPorts } from '../ports.ts';

/** Lets nobody go on who has no proof of being human (FEATURE_RECAPTCHA), but for those users who need none. Errors: INVALID_REQUEST. */
export async function checkHuman(
  { recaptcha }: Pick<WebApiPorts, 'recaptcha'>,
  { actor, context }: Pick<Call<unknown, unknown>, 'actor' | 'context'>,
  proof: string | undefined,
): Promise<void> {
  if (recaptcha === undefined) return;
  if (actor.kind === 'user' && recaptcha.exempt.has(actor.name)) return;
  await recaptcha.check(proof, context.clientAddress);
}
