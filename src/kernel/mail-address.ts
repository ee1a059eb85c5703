const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
const ADDRESS = new RegExp(`^${ATOM}(?:\\.${ATOM})*@${LABEL}(?:\\.${LABEL})*$`);

/** Longest path of an address in a command of SMTP, without its brackets (RFC 5321 §4.5.3.1.3). */
export const MAIL_ADDRESS_MAX = 254;
const LOCAL_PART_MAX = 64;

/**
 * Whether the text is an e-mail address: a dot-atom (RFC 5322 §3.2.3) at a host name, in ASCII. Quoted local parts, comments and
 * addresses in brackets are none, so that no address can carry anything but itself into a header or a command.
 */
export function isMailAddress(text: string): boolean {
  return text.length <= MAIL_ADDRESS_MAX && text.indexOf('@') <= LOCAL_PART_MAX && ADDRESS.test(text);
}
