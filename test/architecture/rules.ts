import { posix } from 'node:path';
import { type Arrow, buildGraph, chainTo, findCycles, type SourceGraph, type SourceTree } from './source-graph.ts';

/** The contents of architecture.json. */
export interface Rules {
  /** Slices by tier: a slice imports only from earlier tiers. */
  readonly tiers: readonly (readonly string[])[];
  /** Slices of which any file may be imported, not only index.ts. */
  readonly openSlices: readonly string[];
  /** Slices whose folders are entered each through an index.ts of its own. */
  readonly slicesOfModules: readonly string[];
  readonly browserSafe: { readonly slices: readonly string[]; readonly packages: readonly string[] };
  readonly adapterUsers: readonly string[];
  readonly packages: readonly {
    readonly names: readonly string[];
    readonly only: readonly string[];
    readonly typesAnywhere?: boolean;
  }[];
  readonly globals: readonly { readonly use: string; readonly only: readonly string[] }[];
  readonly forbiddenFileNames: readonly string[];
  readonly maximumLines: { readonly source: number; readonly test: number; readonly index: number };
  /** Files that may be longer, with the reason. */
  readonly longFiles: Readonly<Record<string, string>>;
}

export interface Breach {
  readonly rule: string;
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

/** Every breach of the rules in the tree; an empty list when it is in order. */
export function findBreaches(rules: Rules, tree: SourceTree): Breach[] {
  const graph = buildGraph(tree);
  return [
    ...graph.broken.map((arrow) => breach('missing-file', arrow, `imports ${arrow.to}, which does not exist`)),
    ...graph.arrows.flatMap((arrow) => checkArrow(rules, graph, arrow)),
    ...findCycles(graph).map((cycle) => ({
      rule: 'cycle',
      path: cycle[0] ?? '',
      line: 1,
      message: `import cycle: ${cycle.join(' → ')}`,
    })),
    ...[...graph.modules.keys()].flatMap((path) => checkFile(rules, graph, path)),
  ];
}

function breach(rule: string, at: { from: string; line: number }, message: string): Breach {
  return { rule, path: at.from, line: at.line, message };
}

/** Checks one import between two files against the direction of slices and their doors. */
function checkArrow(rules: Rules, graph: SourceGraph, arrow: Arrow): Breach[] {
  const { from, to } = arrow;
  const say = (rule: string, why: string): Breach[] => [
    breach(rule, arrow, `${why}\n    ${[...chainTo(graph, from), to].join('\n    → ')}`),
  ];
  if (!to.startsWith('src/'))
    return isTestCode(from) ? [] : say('production-imports-test', 'shipped code imports a file that is not shipped');
  if (isTestCode(to) && !isTestCode(from)) return say('production-imports-test', 'shipped code imports code of tests');

  const source = sliceOf(from);
  const target = sliceOf(to);
  if (target === undefined)
    return isTestCode(from) ? [] : say('entry-imported', `${to} is an entry point; nothing imports it`);
  const found: Breach[] = [];
  if (isAdapter(to) && !mayImportAdapter(rules, arrow))
    found.push(...say('adapter', 'adapters are wired in src/app and tests; elsewhere the port is used'));
  if (
    source !== target &&
    !isTestCode(from) &&
    source !== undefined &&
    tierOf(rules, target) >= tierOf(rules, source)
  ) {
    found.push(
      ...say('direction', `${source} must not import ${target}: ${target} stands in the same or a later tier`),
    );
  }
  if (!entersByDoor(rules, arrow))
    found.push(...say('door', `${to} is inside another slice; import what its index.ts exports`));
  return found;
}

function entersByDoor(rules: Rules, { from, to }: Arrow): boolean {
  const slice = sliceOf(to) ?? '';
  const inModules = rules.slicesOfModules.includes(slice);
  const depth = inModules ? 3 : 2;
  const home = (path: string): string => posix.dirname(path).split('/').slice(0, depth).join('/');
  if (home(from) === home(to) || rules.openSlices.includes(slice)) return true;
  // A file directly in the folder of modules belongs to all of them.
  if (inModules && posix.dirname(to) === `src/${slice}`) return true;
  const inside = to.slice(home(to).length + 1);
  return (
    inside === 'index.ts' ||
    (inside.startsWith('testing/') && isTestCode(from)) ||
    (isAdapter(to) && mayWire(rules, from))
  );
}

function mayImportAdapter(rules: Rules, { from, to, reexports, typeOnly }: Arrow): boolean {
  if (mayWire(rules, from)) return true;
  if (sliceOf(from) !== sliceOf(to)) return false;
  if (isAdapter(from)) return true;
  // A slice may offer the factory of an adapter at its door, not the adapter itself.
  const factories = reexports.length > 0 && reexports.every((name) => /^(create|open)[A-Z]/.test(name));
  return posix.basename(from) === 'index.ts' && (typeOnly || factories);
}

/** Checks what one file is and uses, apart from its imports of other files. */
function checkFile(rules: Rules, graph: SourceGraph, path: string): Breach[] {
  const module = graph.modules.get(path);
  if (module === undefined) return [];
  const found: Breach[] = [];
  const say = (rule: string, line: number, message: string): void => void found.push({ rule, path, line, message });

  const limit = isTestCode(path) ? rules.maximumLines.test : rules.maximumLines.source;
  const allowed = posix.basename(path) === 'index.ts' && path.startsWith('src/') ? rules.maximumLines.index : limit;
  if (module.lines > allowed && rules.longFiles[path] === undefined) {
    say('file-size', 1, `has ${module.lines} lines, ${allowed} are allowed; split it by what its parts are for`);
  }
  const name = posix.basename(path).replace(/(\.test)?\.tsx?$/, '');
  if (rules.forbiddenFileNames.includes(name))
    say('file-name', 1, `"${name}" says nothing; name the file after what it does`);
  if (!path.startsWith('src/')) return found;

  const slice = sliceOf(path);
  if (slice !== undefined && tierOf(rules, slice) === -1)
    say('unknown-slice', 1, `architecture.json has no slice "${slice}"`);
  if (module.hasDefaultExport) say('default-export', 1, 'has a default export; export names');
  const isEntry = slice === undefined || path.endsWith('.worker.ts') || isTestCode(path);
  if (!isEntry)
    for (const line of module.effects)
      say('import-effect', line, 'does something when it is imported; put it into a function');
  if (isTestCode(path)) return found;

  for (const reference of module.references.filter(({ specifier }) => !specifier.startsWith('.'))) {
    const packageName = packageOf(reference.specifier);
    const rule = rules.packages.find(({ names }) => names.includes(packageName));
    const allowedHere =
      rule === undefined ||
      rule.only.some((glob) => matches(glob, path)) ||
      (rule.typesAnywhere === true && reference.typeOnly);
    if (!allowedHere) say('package', reference.line, `imports ${packageName}, which only ${rule.only.join(', ')} may`);
    if (
      slice !== undefined &&
      rules.browserSafe.slices.includes(slice) &&
      !rules.browserSafe.packages.includes(packageName)
    ) {
      say('browser-safe', reference.line, `imports ${packageName}, but ${slice} also runs in browsers`);
    }
  }
  for (const [use, line] of module.globals) {
    const rule = rules.globals.find((candidate) => candidate.use === use);
    if (rule !== undefined && !rule.only.some((glob) => matches(glob, path)))
      say('global', line, `uses ${use}, which only ${rule.only.join(', ')} may`);
    if (slice !== undefined && rules.browserSafe.slices.includes(slice) && /^(process|Buffer)/.test(use)) {
      say('browser-safe', line, `uses ${use}, but ${slice} also runs in browsers`);
    }
  }
  return found;
}

/** `src/<slice>/…` → slice; undefined for files directly in src and for everything outside it. */
function sliceOf(path: string): string | undefined {
  const [folder, slice, file] = path.split('/');
  return folder === 'src' && file !== undefined ? slice : undefined;
}

function tierOf(rules: Rules, slice: string): number {
  return rules.tiers.findIndex((tier) => tier.includes(slice));
}

function isTestCode(path: string): boolean {
  return !path.startsWith('src/') || /\.test\.tsx?$/.test(path) || path.includes('/testing/');
}

function isAdapter(path: string): boolean {
  return path.includes('/adapters/');
}

/** Whether the file puts adapters and slices together: the composition root, and tests. */
function mayWire(rules: Rules, path: string): boolean {
  return isTestCode(path) || rules.adapterUsers.some((glob) => matches(glob, path));
}

function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier);
}

/** `*` stands for anything within one folder, `**` for anything below. */
function matches(glob: string, path: string): boolean {
  const pattern = glob
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/\*\*|\*/g, (star) => (star === '**' ? '.*' : '[^/]*'));
  return new RegExp(`^${pattern}$`).test(path);
}
