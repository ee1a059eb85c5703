import { CredentialsRefused, type Identity } from '../identity/index.ts';
import type { Metrics } from '../platform/metrics/index.ts';

/** Signing in through these is counted under Quay's names; what was refused unread (a flood) is not an attempt. */
type Counted = Pick<Identity, 'authenticateBasic' | 'authenticateAccessToken'>;

export function meterAuthentication<I extends Counted>(identity: I, metrics: Metrics): I {
  const attempts = metrics.counter({
    name: 'authentication_attempts_total',
    help: 'Passwords (basic) and access tokens (oauth) presented, and whether they were right',
    labels: { auth_kind: ['basic', 'oauth'], success: ['True', 'False'] },
  });
  const cellsOf = (kind: 'basic' | 'oauth') => ({
    right: attempts({ auth_kind: kind, success: 'True' }),
    wrong: attempts({ auth_kind: kind, success: 'False' }),
  });
  const basic = cellsOf('basic');
  const oauth = cellsOf('oauth');
  return {
    ...identity,
    async authenticateBasic(login, secret, clientAddress) {
      const cells = login === '$oauthtoken' ? oauth : basic;
      const actor = await identity.authenticateBasic(login, secret, clientAddress).catch((error: unknown) => {
        if (error instanceof CredentialsRefused) cells.wrong.add();
        throw error;
      });
      (actor === undefined ? cells.wrong : cells.right).add();
      return actor;
    },
    async authenticateAccessToken(token) {
      const actor = await identity.authenticateAccessToken(token);
      (actor === undefined ? oauth.wrong : oauth.right).add();
      return actor;
    },
  };
}
