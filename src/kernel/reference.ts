/** A repository name that has passed {@link parseRepositoryName}: `namespace/name[/more]`. */
export type RepositoryName = string & { readonly __brand: 'RepositoryName' };
/** A tag that has passed {@link parseTag}. */
export type Tag = string & { readonly __brand: 'Tag' };

const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const NAME = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const NAMESPACE = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/;

/** Longest repository name in characters (distribution-spec "Pulling manifests": name and host within 255). */
export const REPOSITORY_NAME_MAX = 255;

/**
 * Parses a repository name by the grammar of the distribution-spec ("Pulling manifests"). A single component is
 * completed with the library namespace when one is given (`host/name` means `host/library/name`).
 * @returns undefined when the name is malformed, too long, or has one component and no library namespace is given.
 */
export function parseRepositoryName(text: string, libraryNamespace?: string): RepositoryName | undefined {
  if (text.length > REPOSITORY_NAME_MAX || !NAME.test(text)) return undefined;
  if (text.includes('/')) return text as RepositoryName;
  if (libraryNamespace === undefined) return undefined;
  const full = `${libraryNamespace}/${text}`;
  return full.length > REPOSITORY_NAME_MAX ? undefined : (full as RepositoryName);
}

/** Splits a repository name into its namespace (first component) and the rest. */
export function splitRepositoryName(name: RepositoryName): { namespace: string; repository: string } {
  const slash = name.indexOf('/');
  return { namespace: name.slice(0, slash), repository: name.slice(slash + 1) };
}

/** Parses a tag: 1–128 characters of `[A-Za-z0-9_.-]`, not beginning with `.` or `-`. */
export function parseTag(text: string): Tag | undefined {
  return TAG.test(text) ? (text as Tag) : undefined;
}

/** Whether the text can name a user or organization (Quay's rule): 2–255 lower-case letters, digits, single `.`, `_`, `-` between. */
export function isNamespaceName(text: string): boolean {
  return text.length >= 2 && text.length <= 255 && NAMESPACE.test(text);
}
