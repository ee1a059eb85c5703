import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
import { type Reference, readModule, type SourceModule } from './read-module.ts';

/** Text of files by path from the root of the repository. Tests plant breaches by adding to it. */
export type SourceTree = ReadonlyMap<string, string>;

export const ROOT = join(import.meta.dirname, '../..');

/** Every TypeScript file of the project as it is on disk. */
export function readSourceTree(): SourceTree {
  const tree = new Map<string, string>();
  for (const path of ['src', 'test', 'bench', 'scripts'].flatMap(filesBelow)) {
    if (/\.tsx?$/.test(path)) tree.set(path, readFileSync(join(ROOT, path), 'utf8'));
  }
  return tree;
}

function filesBelow(folder: string): string[] {
  try {
    const entries = readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** One import between two files of the tree. */
export interface Arrow extends Reference {
  readonly from: string;
  readonly to: string;
}

export interface SourceGraph {
  readonly modules: ReadonlyMap<string, SourceModule>;
  readonly arrows: readonly Arrow[];
  /** Relative imports of files that are not there. */
  readonly broken: readonly Arrow[];
}

export function buildGraph(tree: SourceTree): SourceGraph {
  const modules = new Map([...tree].map(([path, text]) => [path, readModule(path, text)] as const));
  const all = [...modules.values()].flatMap((module) =>
    module.references
      .filter((reference) => reference.specifier.startsWith('.'))
      .map((reference): Arrow => ({
        ...reference,
        from: module.path,
        to: posix.join(posix.dirname(module.path), reference.specifier),
      })),
  );
  // package.json and the like may be imported, too; only TypeScript is followed.
  const code = all.filter((arrow) => /\.[tj]sx?$/.test(arrow.to));
  return {
    modules,
    arrows: code.filter((arrow) => modules.has(arrow.to)),
    broken: code.filter((arrow) => !modules.has(arrow.to)),
  };
}

/** Shortest chain of imports from src/main.ts to the file; from the farthest importer when main.ts does not reach it. */
export function chainTo(graph: SourceGraph, target: string): readonly string[] {
  const importers = Map.groupBy(graph.arrows, (arrow) => arrow.to);
  const towards = new Map<string, string | undefined>([[target, undefined]]);
  let start = target;
  // A Map's iteration meets what is added during it: this is a breadth-first search.
  for (const path of towards.keys()) {
    start = path;
    if (path === 'src/main.ts') break;
    for (const { from } of importers.get(path) ?? []) if (!towards.has(from)) towards.set(from, path);
  }
  const chain: string[] = [];
  for (let path: string | undefined = start; path !== undefined; path = towards.get(path)) chain.push(path);
  return chain;
}

/** Groups of files that import each other in a circle, each as a closed chain of paths. */
export function findCycles(graph: SourceGraph): readonly (readonly string[])[] {
  // A thread that is started loads modules of its own: it closes no circle. Neither do types of one folder that need each other.
  const closes = ({ from, to, typeOnly }: Arrow): boolean =>
    !to.endsWith('.worker.ts') && !(typeOnly && posix.dirname(from) === posix.dirname(to));
  const imports = graph.arrows.filter(closes);
  const next = Map.groupBy(imports, (arrow) => arrow.from);
  const state = new Map<string, 'open' | 'done'>();
  const stack: string[] = [];
  const cycles: string[][] = [];
  const visit = (path: string): void => {
    state.set(path, 'open');
    stack.push(path);
    for (const { to } of next.get(path) ?? []) {
      if (state.get(to) === 'open') cycles.push([...stack.slice(stack.indexOf(to)), to]);
      else if (!state.has(to)) visit(to);
    }
    stack.pop();
    state.set(path, 'done');
  };
  for (const path of graph.modules.keys()) if (!state.has(path)) visit(path);
  return cycles;
}
