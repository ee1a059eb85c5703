/**
 * Whether `If-None-Match` names this entity, so that 304 answers it (RFC 9110 §13.1.2: weak comparison, lists, `*`).
 * @param digest without the quotes of the entity tag
 */
export function matchesEntityTag(header: string | undefined, digest: string): boolean {
  if (header === undefined) return false;
  if (header === `"${digest}"`) return true;
  return header.split(',').some((part) => {
    const tag = part.trim();
    return tag === '*' || tag === `"${digest}"` || tag === `W/"${digest}"`;
  });
}
