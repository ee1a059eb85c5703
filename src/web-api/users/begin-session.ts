import { recordAudit } from '../../audit/index.ts';
import { auditActor, type UserActor } from '../../identity/index.ts';
import type { Transaction } from '../../platform/db/index.ts';
import type { Call } from '../frame/operation.ts';
import type { WebApiPorts } from '../ports.ts';
import { sessionCookie } from '../session-cookie.ts';

type SessionCall = Pick<Call<unknown, unknown>, 'caller' | 'context'>;

/** Begins a session of the user in the browser that calls, in place of the one it has. @returns the headers that give it to him */
export async function beginSession(
  { sessions, csrf, cookie: settings }: Pick<WebApiPorts, 'sessions' | 'csrf' | 'cookie'>,
  tx: Transaction,
  user: UserActor,
  { caller, context }: SessionCall,
): Promise<Readonly<Record<string, string>>> {
  if (caller.kind === 'session') await sessions.end(tx, caller.cookie);
  const cookie = await sessions.begin(tx, user);
  return { ...sessionCookie(settings, context, cookie), 'X-Next-CSRF-Token': csrf.of(cookie) };
}

/** Records that a user has signed in (ACTION_LOG_AUDIT_LOGINS). */
export async function recordSignIn(
  { accounts }: Pick<WebApiPorts, 'accounts'>,
  tx: Transaction,
  user: UserActor,
  { context }: Pick<SessionCall, 'context'>,
): Promise<void> {
  if (!accounts.recordsSignIns) return;
  await recordAudit(tx, {
    kind: 'login_success',
    actor: auditActor(user),
    namespaceId: user.userId,
    clientAddress: context.clientAddress,
    metadata: { type: 'quayauth', useragent: userAgent(context) },
  });
}

const AGENT_MAX = 300;

export function userAgent({ req }: SessionCall['context']): string {
  return (req.headers['user-agent'] ?? '').slice(0, AGENT_MAX);
}
