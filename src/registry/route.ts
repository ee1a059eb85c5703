import type { ErrorCode } from '../kernel/errors.ts';
import { parseDigest, type Digest } from '../kernel/digest.ts';
import { parseRepositoryName, parseTag, type RepositoryName, type Tag } from '../kernel/reference.ts';

/** The repository a request is about. */
export interface RepositoryAddress {
  /** The full name, completed with the library namespace where the client gave one component. */
  readonly name: RepositoryName;
  /** The name as the client wrote it; what answers and challenges repeat. */
  readonly requestedName: string;
}

/** A tag or a digest; exactly one of them is set. */
export interface ManifestReference {
  readonly tag: Tag | undefined;
  readonly digest: Digest | undefined;
}

export type RepositoryRoute = RepositoryAddress &
  (
    | ({ readonly kind: 'manifest' } & ManifestReference)
    | { readonly kind: 'blob'; readonly digest: Digest }
    | { readonly kind: 'uploads' }
    | { readonly kind: 'upload'; readonly uploadId: string }
    | { readonly kind: 'tags' }
    | { readonly kind: 'referrers'; readonly digest: Digest }
  );

export type GlobalRoute = { readonly kind: 'base' } | { readonly kind: 'token' } | { readonly kind: 'catalog' };

/** A request that no handler gets to see. */
export interface RefusedRoute {
  readonly kind: 'refused';
  readonly code: ErrorCode;
  readonly message: string;
  /** The methods the address has, for 405 (RFC 9110 §15.5.6). */
  readonly allow?: string;
}

export type Route = GlobalRoute | RepositoryRoute | RefusedRoute;

const METHODS = {
  base: methods('GET', 'HEAD'),
  token: methods('GET', 'HEAD', 'POST'),
  catalog: methods('GET', 'HEAD'),
  manifest: methods('GET', 'HEAD', 'PUT', 'DELETE'),
  blob: methods('GET', 'HEAD', 'DELETE'),
  uploads: methods('POST'),
  upload: methods('GET', 'HEAD', 'PATCH', 'PUT', 'DELETE'),
  tags: methods('GET', 'HEAD'),
  referrers: methods('GET', 'HEAD'),
} as const;

function methods(...names: readonly string[]): { readonly has: (method: string) => boolean; readonly text: string } {
  const set = new Set(names);
  return { has: (method) => set.has(method), text: names.join(', ') };
}

const UPLOAD_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * Finds what a request below `/v2` addresses (distribution-spec "Endpoints"). The path is read from its end, because a
 * repository name may contain every word that the API uses. Percent-encoding is undone exactly once, so an encoded
 * slash in a name is a slash. Never throws.
 * @param path as sent, without query
 * @param libraryNamespace completes names of one component; undefined refuses them
 */
export function parseRoute(method: string, path: string, libraryNamespace: string | undefined): Route {
  const decoded = path.includes('%') ? decode(path) : path;
  if (decoded === undefined) return refused('INVALID_REQUEST', 'The path is not valid percent-encoded UTF-8');
  if (decoded === '/v2/' || decoded === '/v2') return globalRoute('base', method);
  if (!decoded.startsWith('/v2/')) return nothingHere();
  if (decoded === '/v2/_catalog') return globalRoute('catalog', method);
  if (decoded === '/v2/auth') return globalRoute('token', method);

  const lastSlash = decoded.lastIndexOf('/');
  const last = decoded.slice(lastSlash + 1);
  const wordSlash = decoded.lastIndexOf('/', lastSlash - 1);
  const word = decoded.slice(wordSlash + 1, lastSlash);
  switch (word) {
    case 'manifests':
      return manifestRoute(method, decoded.slice(4, wordSlash), last, libraryNamespace);
    case 'blobs':
      if (last === 'uploads') return uploadsRoute(method, decoded.slice(4, wordSlash), libraryNamespace);
      return digestRoute('blob', method, decoded.slice(4, wordSlash), last, libraryNamespace);
    case 'referrers':
      return digestRoute('referrers', method, decoded.slice(4, wordSlash), last, libraryNamespace);
    case 'tags':
      return last === 'list' ? tagsRoute(method, decoded.slice(4, wordSlash), libraryNamespace) : nothingHere();
    case 'uploads': {
      if (!decoded.endsWith('/blobs', wordSlash)) return nothingHere();
      const name = decoded.slice(4, wordSlash - '/blobs'.length);
      return last === ''
        ? uploadsRoute(method, name, libraryNamespace)
        : uploadRoute(method, name, last, libraryNamespace);
    }
    default:
      return nothingHere();
  }
}

function manifestRoute(method: string, requestedName: string, reference: string, library: string | undefined): Route {
  if (!METHODS.manifest.has(method)) return methodMissing('manifest', method);
  const name = parseRepositoryName(requestedName, library);
  if (name === undefined) return nameInvalid(requestedName);
  const tag = parseTag(reference);
  if (tag !== undefined) return { kind: 'manifest', name, requestedName, tag, digest: undefined };
  const digest = parseDigest(reference);
  if (digest !== undefined) return { kind: 'manifest', name, requestedName, tag: undefined, digest };
  if (reference.includes(':')) return digestInvalid(reference);
  // What cannot be a tag cannot have been pushed: for a reader it is simply not there.
  if (method === 'GET' || method === 'HEAD') {
    return refused('MANIFEST_UNKNOWN', `There is no tag ${quote(reference)} in ${quote(requestedName)}`);
  }
  return refused(
    'TAG_INVALID',
    `${quote(reference)} is not a tag; use up to 128 letters, digits, "_", "." and "-", not beginning with "." or "-"`,
  );
}

function digestRoute(
  kind: 'blob' | 'referrers',
  method: string,
  requestedName: string,
  text: string,
  library: string | undefined,
): Route {
  if (!METHODS[kind].has(method)) return methodMissing(kind, method);
  const name = parseRepositoryName(requestedName, library);
  if (name === undefined) return nameInvalid(requestedName);
  const digest = parseDigest(text);
  return digest === undefined ? digestInvalid(text) : { kind, name, requestedName, digest };
}

function uploadRoute(method: string, requestedName: string, uploadId: string, library: string | undefined): Route {
  if (!METHODS.upload.has(method)) return methodMissing('upload', method);
  const name = parseRepositoryName(requestedName, library);
  if (name === undefined) return nameInvalid(requestedName);
  if (!UPLOAD_ID.test(uploadId)) return refused('BLOB_UPLOAD_UNKNOWN', `There is no upload ${quote(uploadId)}`);
  return { kind: 'upload', name, requestedName, uploadId };
}

function uploadsRoute(method: string, requestedName: string, library: string | undefined): Route {
  if (!METHODS.uploads.has(method)) return methodMissing('uploads', method);
  const name = parseRepositoryName(requestedName, library);
  return name === undefined ? nameInvalid(requestedName) : { kind: 'uploads', name, requestedName };
}

function tagsRoute(method: string, requestedName: string, library: string | undefined): Route {
  if (!METHODS.tags.has(method)) return methodMissing('tags', method);
  const name = parseRepositoryName(requestedName, library);
  return name === undefined ? nameInvalid(requestedName) : { kind: 'tags', name, requestedName };
}

function globalRoute(kind: GlobalRoute['kind'], method: string): Route {
  return METHODS[kind].has(method) ? { kind } : methodMissing(kind, method);
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

function methodMissing(kind: keyof typeof METHODS, method: string): RefusedRoute {
  const allow = METHODS[kind].text;
  return {
    kind: 'refused',
    code: 'UNSUPPORTED',
    message: `${quote(method)} is not possible here; use ${allow}`,
    allow,
  };
}

function nameInvalid(name: string): RefusedRoute {
  return refused(
    'NAME_INVALID',
    `${quote(name)} is not a repository name; use lower-case letters, digits and single separators, as in "team/app"`,
  );
}

function digestInvalid(digest: string): RefusedRoute {
  return refused('DIGEST_INVALID', `${quote(digest)} is not a sha256 or sha512 digest`);
}

function nothingHere(): RefusedRoute {
  return refused('NOT_FOUND', 'There is no such address in the registry API');
}

function refused(code: ErrorCode, message: string): RefusedRoute {
  return { kind: 'refused', code, message };
}

/** Cut to a length that shows what is meant: refused texts may be as long as a request line. */
function quote(text: string): string {
  return `"${text.length > 140 ? `${text.slice(0, 140)}…` : text}"`;
}
