import type { Letter } from '../../platform/mail/index.ts';

/** The mails about accounts. Names and addresses in them are those of the database; `code` is a secret of the receiver. */
export interface LetterTo {
  readonly to: string;
  /** The user's name. */
  readonly name: string;
  /** `scheme://host[:port]` of the registry. */
  readonly origin: string;
}

const NOT_YOU = 'If this was not you, there is nothing to do.';

export function confirmAddressLetter({ to, name, origin }: LetterTo, code: string): Letter {
  return {
    to,
    subject: 'Confirm your e-mail address',
    paragraphs: [
      `Hello ${name},`,
      `this address was given for the user "${name}". Please confirm that it is yours and that you want it to be used.`,
    ],
    link: { label: 'Confirm the address', url: linkTo(origin, 'confirm', code) },
    closing: ['The link works once, for three days.', NOT_YOU],
  };
}

/** To the holder of an address that somebody gave for another account; only he learns that there is one. */
export function addressInUseLetter({ to, name, origin }: LetterTo): Letter {
  return {
    to,
    subject: 'Your e-mail address is in use already',
    paragraphs: [
      `Hello ${name},`,
      'somebody has just given this address for another account. It belongs to your account already, so nothing was changed.',
      'If you have forgotten that you have an account, sign in with your user name, or set a new password there.',
    ],
    link: { label: 'Go to the registry', url: `${origin}/` },
    closing: [NOT_YOU],
  };
}

export function recoverLetter({ to, name, origin }: LetterTo, code: string, minutes: number): Letter {
  return {
    to,
    subject: 'Set a new password',
    paragraphs: [`Hello ${name},`, `somebody has asked for a new password of the user "${name}".`],
    link: { label: 'Set a new password', url: linkTo(origin, 'recovery', code) },
    closing: [`The link works once, for ${minutes} minutes. Until it is used your password stays as it is.`, NOT_YOU],
  };
}

export function passwordChangedLetter({ to, name, origin }: LetterTo): Letter {
  return {
    to,
    subject: 'Your password was changed',
    paragraphs: [
      `Hello ${name},`,
      `the password of the user "${name}" was changed just now. Every session elsewhere has ended.`,
      'If this was not you, set a new password at once, and tell whoever runs this registry.',
    ],
    link: { label: 'Go to the registry', url: `${origin}/` },
  };
}

/** To the address that was left. */
export function addressChangedLetter({ to, name, origin }: LetterTo): Letter {
  return {
    to,
    subject: 'Your e-mail address was changed',
    paragraphs: [
      `Hello ${name},`,
      `the user "${name}" has another e-mail address from now on; no more mail about the account comes here.`,
      'If this was not you, tell whoever runs this registry at once.',
    ],
    link: { label: 'Go to the registry', url: `${origin}/` },
  };
}

function linkTo(origin: string, page: 'confirm' | 'recovery', code: string): string {
  return `${origin}/${page}?code=${encodeURIComponent(code)}`;
}
