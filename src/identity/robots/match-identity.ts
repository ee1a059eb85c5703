import type { FederatedIdentity } from './model.ts';

/** Claims of a token whose signature was verified. */
export type Claims = Readonly<Record<string, unknown>>;

/** Values of one claim that are looked at. */
const VALUES_MAX = 1000;

/** Every condition of an identity that a token does not meet, in words; none: the token is that identity's. */
export function mismatches(identity: FederatedIdentity, claims: Claims): readonly string[] {
  const faults: string[] = [];
  const { issuer, subject, audiences, claims: conditions = {} } = identity;
  if (claims['iss'] !== issuer) faults.push(`The issuer is ${shown(claims['iss'])}, not "${issuer}"`);
  if (subject !== undefined && claims['sub'] !== subject) {
    faults.push(`The subject is ${shown(claims['sub'])}, not "${subject}"`);
  }
  const given = textsOf(claims['aud']);
  if (audiences !== undefined && !audiences.some((audience) => given.includes(audience))) {
    faults.push(`The audience is ${shown(claims['aud'])}, not "${audiences.join('" or "')}"`);
  }
  for (const [name, patterns] of Object.entries(conditions)) {
    const value = claimAt(claims, name);
    const fits = textsOf(value).some((text) => patterns.some((pattern) => fitsPattern(pattern, text)));
    if (!fits) faults.push(`The claim "${name}" is ${shown(value)}, which does not fit "${patterns.join('" or "')}"`);
  }
  return faults;
}

/** Whether a text fits a pattern, in which `*` stands for any characters, also none. Takes no longer than the two are long, multiplied. */
export function fitsPattern(pattern: string, text: string): boolean {
  const [first = '', ...others] = pattern.split('*');
  const last = others.pop();
  if (last === undefined) return text === pattern;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of others) {
    // The earliest place leaves the most to the parts after it.
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

/** A claim by its name, or one inside another by a JSON pointer (RFC 6901), which begins with a slash. */
function claimAt(claims: Claims, name: string): unknown {
  if (!name.startsWith('/')) return ownValue(claims, name);
  return name
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>(ownValue, claims);
}

function ownValue(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Claims)[key];
}

/** What of a claim can be compared: a text, number or truth value, or several. */
function textsOf(value: unknown): readonly string[] {
  if (Array.isArray(value))
    return value.slice(0, VALUES_MAX).flatMap((one) => (Array.isArray(one) ? [] : textsOf(one)));
  return ['string', 'number', 'boolean'].includes(typeof value) ? [String(value)] : [];
}

function shown(value: unknown): string {
  const text = value === undefined ? 'missing' : JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
