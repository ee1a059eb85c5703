import { isMailAddress } from '../../kernel/mail-address.ts';

export interface Sender {
  /** '' when there is none. */
  readonly name: string;
  readonly address: string;
}

const NAMED = /^([^<>]*)<([^<>]*)>$/;

/** Reads `address` or `Name <address>`. undefined: it is neither. */
export function parseSender(text: string): Sender | undefined {
  const named = NAMED.exec(text.trim());
  const name = (named?.[1] ?? '').trim().replace(/^"(.*)"$/, '$1');
  const address = (named?.[2] ?? text).trim();
  return isMailAddress(address) ? { name, address } : undefined;
}
