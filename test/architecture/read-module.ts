import { parseSync, type Program, Visitor } from 'oxc-parser';

/** One reference from a module to another file or package. */
export interface Reference {
  /** As written: `./model.ts`, `node:fs`, `kysely`. */
  readonly specifier: string;
  readonly line: number;
  /** The reference is gone at run time. */
  readonly typeOnly: boolean;
  /** Values passed on to importers of this module (`export … from`); `*` for all. */
  readonly reexports: readonly string[];
}

/** What the rules need to know of one source file. */
export interface SourceModule {
  /** From the root of the repository, with `/`. */
  readonly path: string;
  readonly lines: number;
  readonly references: readonly Reference[];
  readonly hasDefaultExport: boolean;
  /** Lines of statements that do something when the module is imported. */
  readonly effects: readonly number[];
  /** First line of each global that is used: `fetch`, `process`, `Buffer`, and `process.env` apart from the rest of `process`. */
  readonly globals: ReadonlyMap<string, number>;
}

/** Parses one TypeScript file; throws when it cannot be parsed, so that no file is passed over in silence. */
export function readModule(path: string, text: string): SourceModule {
  const { program, errors } = parseSync(path, text, { lang: path.endsWith('x') ? 'tsx' : 'ts', sourceType: 'module' });
  if (errors[0] !== undefined) throw new Error(`${path} cannot be parsed: ${errors[0].message}`);
  const lineAt = lineCounter(text);
  const references: Reference[] = [];
  const globals = new Map<string, number>();
  let hasDefaultExport = false;

  const refer = (at: number, specifier: string, typeOnly: boolean, reexports: readonly string[] = []): void => {
    references.push({ specifier, line: lineAt(at), typeOnly, reexports });
  };
  const note = (name: string, at: number): void => {
    if (!globals.has(name)) globals.set(name, lineAt(at));
  };

  new Visitor({
    ImportDeclaration(node) {
      const named = node.specifiers.filter((specifier) => specifier.type === 'ImportSpecifier');
      const allNamed = named.length > 0 && named.length === node.specifiers.length;
      const typeOnly =
        node.importKind === 'type' || (allNamed && named.every((specifier) => specifier.importKind === 'type'));
      refer(node.start, node.source.value, typeOnly);
      // `import { env } from 'node:process'` reaches the environment by another road.
      const reachesEnv = named.some((specifier) => nameOf(specifier.imported) === 'env');
      if (/^(node:)?process$/.test(node.source.value) && reachesEnv) note('process.env', node.start);
    },
    ExportNamedDeclaration(node) {
      if (node.specifiers.some((specifier) => nameOf(specifier.exported) === 'default')) hasDefaultExport = true;
      if (node.source === null) return;
      const values =
        node.exportKind === 'type' ? [] : node.specifiers.filter((specifier) => specifier.exportKind !== 'type');
      const names = values.map((specifier) => nameOf(specifier.exported) ?? '*');
      refer(
        node.start,
        node.source.value,
        names.length === 0 && (node.exportKind === 'type' || node.specifiers.length > 0),
        names,
      );
    },
    ExportAllDeclaration(node) {
      const typeOnly = node.exportKind === 'type';
      refer(node.start, node.source.value, typeOnly, typeOnly ? [] : ['*']);
    },
    ExportDefaultDeclaration() {
      hasDefaultExport = true;
    },
    ImportExpression(node) {
      if (node.source.type === 'Literal' && typeof node.source.value === 'string')
        refer(node.start, node.source.value, false);
    },
    TSImportType(node) {
      refer(node.start, node.source.value, true);
    },
    NewExpression(node) {
      // `new URL('./x.ts', import.meta.url)` and `workerEntry('x', import.meta.url)` are how worker threads are started.
      const [target, base] = node.arguments;
      if (nameOf(node.callee) !== 'URL' || target?.type !== 'Literal' || typeof target.value !== 'string') return;
      const beside = base?.type === 'MemberExpression' && base.object.type === 'MetaProperty';
      if (beside && /\.tsx?$/.test(target.value)) refer(node.start, target.value, false);
    },
    MemberExpression(node) {
      if (node.object.type !== 'Identifier') return;
      const property = nameOf(node.property);
      if (node.object.name === 'process' && property === 'env') note('process.env', node.start);
      else if (node.object.name === 'process' || node.object.name === 'Buffer') note(node.object.name, node.start);
      else if (node.object.name === 'globalThis' && property !== undefined) note(property, node.start);
    },
    VariableDeclarator(node) {
      // `const { env } = process`
      if (node.init === null || nameOf(node.init) !== 'process' || node.id.type !== 'ObjectPattern') return;
      const names = node.id.properties.map((property) => (property.type === 'Property' ? nameOf(property.key) : 'env'));
      if (names.includes('env')) note('process.env', node.start);
    },
    CallExpression(node) {
      if (nameOf(node.callee) === 'fetch') note('fetch', node.start);
      const [name] = node.arguments;
      if (nameOf(node.callee) === 'workerEntry' && name?.type === 'Literal')
        refer(node.start, `./${name.value}.worker.ts`, false);
    },
  }).visit(program);

  return {
    path,
    lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    references,
    hasDefaultExport,
    effects: importEffects(program).map(lineAt),
    globals,
  };
}

/** The name of an identifier or the text of a string literal. */
function nameOf(node: object): string | undefined {
  if ('name' in node && typeof node.name === 'string') return node.name;
  return 'value' in node && typeof node.value === 'string' ? node.value : undefined;
}

/** Positions of top-level statements other than declarations: they run when somebody merely imports the module. */
function importEffects(program: Program): number[] {
  const effects = program.body.filter((statement) => {
    const isDirective = statement.type === 'ExpressionStatement' && typeof statement.directive === 'string';
    return !isDirective && !/Declaration$|^TS/.test(statement.type);
  });
  return effects.map((statement) => statement.start);
}

function lineCounter(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    const next = starts.findIndex((start) => start > offset);
    return next === -1 ? starts.length : next;
  };
}
