/** Whether accounts may not use the address, because its domain or one above it is blocked. @param blocked in lower case */
export function isBlockedAddress(blocked: readonly string[], email: string): boolean {
  const domain = email.slice(email.lastIndexOf('@') + 1).toLowerCase();
  return blocked.some((name) => domain === name || domain.endsWith(`.${name}`));
}
