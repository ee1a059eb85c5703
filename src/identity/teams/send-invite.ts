import { hash } from 'node:crypto';
import { AppError } from '../../kernel/errors.ts';
import { isMailAddress } from '../../kernel/mail-address.ts';
import { randomText } from '../../platform/crypto/index.ts';
import type { Transaction } from '../../platform/db/index.ts';
import type { Letter, Mailer } from '../../platform/mail/index.ts';
import { deleteInviteOf, insertInvite, type Invited, pruneInvites } from './invite-store.ts';
import type { TeamChange } from './put-team.ts';
import type { TeamRow } from './store.ts';

/** How invitations are brought to people. */
export interface InvitePorts {
  readonly mailer: Pick<Mailer, 'enabled' | 'enqueue'>;
  /** FEATURE_REQUIRE_TEAM_INVITE. */
  readonly required: boolean;
  /** `scheme://host[:port]` of the registry. */
  readonly origin: string;
}

const CODE_LENGTH = 40;
const LIFETIME_MS = 30 * 86_400_000;
/** Nobody can have a mailbox filled by inviting again and again. */
const AGAIN_AFTER_MS = 60_000;
/** Of all teams of an organization together. */
const PENDING_MAX = 1000;

/**
 * Invites a user or an address to a team, in place of an earlier invitation. Errors: INVALID_REQUEST when there is no address to
 * write to, and for too many invitations; TOO_MANY_REQUESTS within a minute after the last one.
 */
export async function sendInvite(
  tx: Transaction,
  { mailer, origin }: InvitePorts,
  { organization, by }: TeamChange,
  team: TeamRow,
  invited: Invited,
  to: { readonly address: string; readonly name: string | undefined },
): Promise<void> {
  if (!isMailAddress(to.address)) throw new AppError('INVALID_REQUEST', 'The e-mail address is none');
  const now = await tx.now();
  const before = await deleteInviteOf(tx, team.id, invited);
  if (before !== undefined && before + AGAIN_AFTER_MS > now) {
    throw new AppError(
      'TOO_MANY_REQUESTS',
      'The invitation has been sent within the last minute; wait, then send another',
      {
        headers: { 'Retry-After': String(Math.ceil((before + AGAIN_AFTER_MS - now) / 1000)) },
      },
    );
  }
  if ((await pruneInvites(tx, organization.id)) >= PENDING_MAX) {
    throw new AppError(
      'INVALID_REQUEST',
      `${PENDING_MAX} invitations wait for an answer; take some of them back first`,
    );
  }
  const code = randomText(CODE_LENGTH);
  const inviter = by.actor.name ?? '';
  const expiresAt = now + LIFETIME_MS;
  await insertInvite(tx, {
    ...invited,
    team_id: team.id,
    inviter_name: inviter,
    code_hash: hashCode(code),
    created_at: now,
    expires_at: expiresAt,
  });
  const letter = inviteLetter({ ...to, inviter, organization: organization.name, team: team.name, origin, code });
  await mailer.enqueue(tx, letter, { uselessAt: expiresAt });
}

/** A plain hash is enough: the code has 238 random bits, so there is nothing to guess. */
export function hashCode(code: string): string {
  return hash('sha256', code, 'hex');
}

function inviteLetter(facts: {
  readonly address: string;
  readonly name: string | undefined;
  readonly inviter: string;
  readonly organization: string;
  readonly team: string;
  readonly origin: string;
  readonly code: string;
}): Letter {
  const { inviter, organization, team } = facts;
  return {
    to: facts.address,
    subject: `Invitation to the team "${team}" of "${organization}"`,
    paragraphs: [
      facts.name === undefined ? 'Hello,' : `Hello ${facts.name},`,
      `"${inviter}" invites you to the team "${team}" of the organization "${organization}".`,
    ],
    link: {
      label: 'Answer the invitation',
      url: `${facts.origin}/confirminvite?code=${encodeURIComponent(facts.code)}`,
    },
    closing: [
      'The invitation ends after 30 days. You are in no team until you accept it, and can leave again at any time.',
      'If you do not know the sender, there is nothing to do.',
    ],
  };
}
