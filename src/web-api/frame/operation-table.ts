import { AppError } from '../../kernel/errors.ts';
import type { Operation } from './operation.ts';

export interface Match {
  readonly operation: Operation;
  readonly params: Readonly<Record<string, string>>;
}

interface Route {
  readonly pattern: RegExp;
  readonly names: readonly string[];
  readonly operations: ReadonlyMap<string, Operation>;
  /** Methods that there would be with other features. */
  readonly absent: ReadonlySet<string>;
}

export const API_PREFIX = '/api/v1';

/** Longer paths than any name makes are nobody's. */
const PATH_MAX = 2048;

/**
 * All operations by path and method. A repository's name has any number of segments, so several paths can fit one address
 * (`…/a/b/permissions/user/x` is also a repository's name): the one with more fixed segments is meant.
 * Throws when two operations share an id, or a path and method.
 */
export class OperationTable {
  readonly operations: readonly Operation[];
  readonly #routes: readonly Route[];

  /** @param absent operations of features that are off: told apart from methods that no address has */
  constructor(operations: readonly Operation[], absent: readonly Operation[] = []) {
    this.operations = operations;
    const ids = new Set<string>();
    const paths = new Map<string, Map<string, Operation>>();
    for (const operation of operations) {
      const byMethod = paths.get(shape(operation.path)) ?? new Map<string, Operation>();
      if (ids.has(operation.id) || byMethod.has(operation.method)) {
        throw new Error(`There are two operations "${operation.id}" or "${operation.method} ${operation.path}"`);
      }
      ids.add(operation.id);
      byMethod.set(operation.method, operation);
      paths.set(shape(operation.path), byMethod);
    }
    this.#routes = [...paths]
      .toSorted(([a], [b]) => fixedSegments(b) - fixedSegments(a))
      .map(([path, byMethod]) => {
        const methods = absent.filter((operation) => shape(operation.path) === path).map(({ method }) => method);
        return toRoute(byMethod, new Set(methods));
      });
  }

  /**
   * @param path the whole path as sent, percent-encoded; a slash at the end does not matter.
   * Errors: NOT_FOUND, UNSUPPORTED (with the methods there are), INVALID_REQUEST for a malformed encoding.
   */
  match(method: string, path: string): Match {
    const route = this.#find(path);
    const asked = method === 'HEAD' ? 'GET' : method;
    const operation = route?.route.operations.get(asked);
    if (route === undefined || route.route.absent.has(asked)) throw nothingHere();
    if (operation === undefined) {
      const allow = [...route.route.operations.keys()].toSorted().join(', ');
      const message = `"${method.slice(0, 20)}" is not possible here; use ${allow}`;
      throw new AppError('UNSUPPORTED', message, { detail: { message }, headers: { Allow: allow } });
    }
    const named = route.route.names.map((name, index) => [name, route.values[index] ?? ''] as const);
    return { operation, params: Object.fromEntries(named) };
  }

  /** The methods at an address. Errors: NOT_FOUND, INVALID_REQUEST. */
  methodsAt(path: string): readonly string[] {
    const found = this.#find(path);
    if (found === undefined) throw nothingHere();
    return [...found.route.operations.keys()].toSorted();
  }

  #find(path: string): { readonly route: Route; readonly values: readonly string[] } | undefined {
    if (path.length > PATH_MAX) return undefined;
    // Decoded first, as in Quay: clients write the slash of a repository's name either way.
    const decoded = decodePath(path);
    for (const route of this.#routes) {
      const match = route.pattern.exec(decoded);
      if (match !== null) return { route, values: match.slice(1) };
    }
    return undefined;
  }
}

/** Quay's framework calls the text of such plain errors `message`. */
function nothingHere(): AppError {
  const message = 'There is no such endpoint; see /api/v1/discovery';
  return new AppError('NOT_FOUND', message, { detail: { message } });
}

/** Paths that differ only in the names of their parameters are one. */
function shape(path: string): string {
  return path.replace(/\{(?!repository\})\w+\}/g, '{}').replace(/\/$/, '');
}

function fixedSegments(path: string): number {
  return path.split('/').filter((segment) => segment !== '' && !segment.startsWith('{')).length;
}

function toRoute(byMethod: ReadonlyMap<string, Operation>, absent: ReadonlySet<string>): Route {
  const [first] = byMethod.values();
  const path = first?.path ?? '';
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
  const pattern = path
    .replace(/\/$/, '')
    .replace(/[.*+?^$()|[\]\\]/g, '\\$&')
    .replaceAll('{repository}', '([^/]+(?:/[^/]+)+?)')
    .replace(/\{\w+\}/g, '([^/]+)');
  return { pattern: new RegExp(`^${API_PREFIX}${pattern}/?$`), names, operations: byMethod, absent };
}

function decodePath(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch (error) {
    throw new AppError('INVALID_REQUEST', 'The address is not percent-encoded correctly', { cause: error });
  }
}
