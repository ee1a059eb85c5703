import { createGuardedFetch } from '../platform/net/index.ts';
import { createRecaptcha, type Recaptcha, type RecaptchaSettings } from '../web-api/index.ts';

/** The service may be inside the operator's own network, since he has named it. */
export function openRecaptcha(
  settings: RecaptchaSettings | undefined,
  opened: AsyncDisposableStack,
): Recaptcha | undefined {
  if (settings === undefined) return undefined;
  const net = createGuardedFetch({ allowHosts: [new URL(settings.url).hostname] });
  opened.defer(() => net.close());
  return createRecaptcha(net, settings);
}
