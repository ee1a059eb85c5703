import type { FamiliarSecrets, PresentedCredentials } from './familiar-secrets.ts';
import type { SignInThrottle } from './sign-in-throttle.ts';

/** What checks of guessable credentials go through. */
export interface SignInGuard {
  /**
   * Runs the check, unless there were too many failures: then it throws TOO_MANY_REQUESTS with Retry-After. Credentials that were
   * right from this address lately are always checked. @returns what the check found; undefined: they are wrong.
   */
  attempt<T>(credentials: PresentedCredentials, check: () => Promise<T | undefined>): Promise<T | undefined>;
}

export function createSignInGuard({
  throttle,
  familiar,
}: {
  readonly throttle: SignInThrottle;
  readonly familiar: FamiliarSecrets;
}): SignInGuard {
  // A client that opens many connections at once sends the same credentials on all of them: that is one attempt.
  const running = new Map<string, Promise<unknown>>();

  async function attempt<T>(
    credentials: PresentedCredentials,
    check: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    let found: T | undefined;
    const right = await throttle.attempt(credentials, async () => {
      found = await check();
      return found !== undefined;
    });
    if (right) familiar.remember(credentials);
    return found;
  }

  return {
    attempt<T>(credentials: PresentedCredentials, check: () => Promise<T | undefined>): Promise<T | undefined> {
      // Everybody else, also who guesses what was found right a moment ago, goes through the throttle.
      if (familiar.recognizes(credentials)) return check();
      const same = JSON.stringify(credentials);
      const begun = running.get(same);
      // The same credentials are always checked in the same way.
      if (begun !== undefined) return begun as Promise<T | undefined>;
      const started = attempt(credentials, check).finally(() => running.delete(same));
      running.set(same, started);
      return started;
    },
  };
}
