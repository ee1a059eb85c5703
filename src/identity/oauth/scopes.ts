import { OAUTH_SCOPES, type OAuthScope } from '../model.ts';

/** A scope as the page words it on which a user agrees; names and icons are Quay's. */
export interface ScopeDescription {
  readonly scope: OAuthScope;
  readonly title: string;
  readonly description: string;
  readonly icon: string;
  /** Whether it gives power over accounts, not only over repositories. */
  readonly dangerous: boolean;
}

const DESCRIPTIONS: Readonly<Record<OAuthScope, Omit<ScopeDescription, 'scope'>>> = {
  'repo:read': {
    title: 'See repositories',
    description: 'See and pull every repository that you can see',
    icon: 'fa-hdd-o',
    dangerous: false,
  },
  'repo:write': {
    title: 'Push to repositories',
    description: 'See, pull and push every repository that you can push to',
    icon: 'fa-hdd-o',
    dangerous: false,
  },
  'repo:admin': {
    title: 'Administer repositories',
    description: 'Change and delete every repository that you administer, and decide who may use it',
    icon: 'fa-hdd-o',
    dangerous: false,
  },
  'repo:create': {
    title: 'Create repositories',
    description: 'Create repositories wherever you may',
    icon: 'fa-plus',
    dangerous: false,
  },
  'user:read': {
    title: 'Read your account',
    description: 'Read your user name, e-mail address and the like',
    icon: 'fa-user',
    dangerous: false,
  },
  'user:admin': {
    title: 'Administer your account',
    description: 'Change your account, and make robots and tokens that act for you',
    icon: 'fa-gear',
    dangerous: true,
  },
  'org:admin': {
    title: 'Administer your organizations',
    description: 'Change the organizations that you administer: members, teams, robots and applications',
    icon: 'fa-gear',
    dangerous: true,
  },
  'super:user': {
    title: 'Administer the registry',
    description: 'Administer all users and organizations of this registry, as far as you do',
    icon: 'fa-street-view',
    dangerous: true,
  },
};

/** What else a scope lets its bearer do. */
const IMPLIED: Readonly<Partial<Record<OAuthScope, readonly OAuthScope[]>>> = {
  'repo:admin': ['repo:write', 'repo:read'],
  'repo:write': ['repo:read'],
  'user:admin': ['user:read'],
};

/** Longer texts name no set of scopes. */
const TEXT_MAX = 512;

/**
 * Reads scopes separated by spaces (RFC 6749 §3.3) or commas (Quay). A single unknown one voids the set: nobody gets less, or
 * something else, than what he asked for.
 * @returns each once, in the order of the catalogue; undefined for none
 */
export function parseScopes(
  text: string,
  { superuserScope }: { readonly superuserScope: boolean },
): readonly OAuthScope[] | undefined {
  if (text.length > TEXT_MAX) return undefined;
  const words = new Set(text.split(/[ ,]+/).filter((word) => word !== ''));
  const scopes = OAUTH_SCOPES.filter((scope) => words.has(scope) && (superuserScope || scope !== 'super:user'));
  return scopes.length > 0 && scopes.length === words.size ? scopes : undefined;
}

/** Whether whoever has some scopes has all of the others too. */
export function coversScopes(owned: readonly OAuthScope[], wanted: readonly OAuthScope[]): boolean {
  return wanted.every((scope) => owned.some((one) => one === scope || IMPLIED[one]?.includes(scope) === true));
}

export function describeScopes(scopes: readonly OAuthScope[]): readonly ScopeDescription[] {
  return scopes.map((scope) => ({ scope, ...DESCRIPTIONS[scope] }));
}
