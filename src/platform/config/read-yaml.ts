import { type Document, isMap, isNode, isSeq, LineCounter, type Node, parseDocument, Scalar, type Tags } from 'yaml';
import type { ConfigProblem } from './problem.ts';

/** Longest file that is read, in characters. */
const MAX_LENGTH = 1024 * 1024;

export interface YamlFile {
  readonly name: string;
  /** The top-level keys; empty when there are problems. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly problems: readonly ConfigProblem[];
  /** Line of the value at the path, or of the nearest parent that the file has. */
  lineOf(path: readonly PropertyKey[]): number | undefined;
}

/** PyYAML, which Quay reads with, takes `y` and `n` for texts where YAML 1.1 has truth values. */
const TRUTH: Tags = [
  {
    identify: (value) => value === true,
    default: true,
    tag: 'tag:yaml.org,2002:bool',
    test: /^(?:[Yy]es|YES|[Tt]rue|TRUE|[Oo]n|ON)$/,
    resolve: () => new Scalar(true),
  },
  {
    identify: (value) => value === false,
    default: true,
    tag: 'tag:yaml.org,2002:bool',
    test: /^(?:[Nn]o|NO|[Ff]alse|FALSE|[Oo]ff|OFF)$/,
    resolve: () => new Scalar(false),
  },
];

const AS_QUAY_READS = {
  version: '1.1',
  customTags: (tags: Tags) => [
    ...TRUTH,
    ...tags.filter((tag) => typeof tag === 'string' || tag.tag !== 'tag:yaml.org,2002:bool'),
  ],
  prettyErrors: false,
  logLevel: 'error',
} as const;

/** Reads a file as Quay does, which is YAML 1.1: `yes` and `on` are truth values. Duplicate keys are problems. */
export function readYaml(text: string, source: string): YamlFile {
  if (text.length > MAX_LENGTH)
    return failed(source, { source, message: 'The file is larger than 1 MiB; a configuration is a few KiB' });
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, { ...AS_QUAY_READS, uniqueKeys: true, lineCounter: lines });
    const faults = [...document.errors, ...document.warnings];
    const problems = faults.map(({ pos, message }) => ({ source, line: lines.linePos(pos[0]).line, message }));
    if (problems.length > 0) return failed(source, ...problems);
    if (document.contents !== null && !isMap(document.contents)) {
      return failed(source, { source, line: 1, message: 'The file is not a list of "KEY: value" lines' });
    }
    return { name: source, values: plainValues(document), problems, lineOf: (path) => lineOf(document, lines, path) };
  } catch (error) {
    // Among others: aliases that refer to nothing or expand beyond measure.
    return failed(source, { source, message: error instanceof Error ? error.message : String(error) });
  }
}

/** Reads one value as it could stand behind `KEY:`; undefined when it is malformed. */
export function readYamlValue(text: string): unknown {
  if (text.length > MAX_LENGTH) return undefined;
  try {
    const document = parseDocument(text, AS_QUAY_READS);
    return document.errors.length > 0 || document.warnings.length > 0
      ? undefined
      : document.toJS({ maxAliasCount: 100 });
  } catch {
    return undefined;
  }
}

function failed(name: string, ...problems: ConfigProblem[]): YamlFile {
  return { name, values: {}, problems, lineOf: () => undefined };
}

function plainValues(document: Document): Record<string, unknown> {
  // Without a prototype, so that a key named `__proto__` is a key.
  const values: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  const read: unknown = document.toJS({ mapAsMap: false, maxAliasCount: 100 });
  if (typeof read === 'object' && read !== null) for (const [key, value] of Object.entries(read)) values[key] = value;
  return values;
}

/** For an entry of a map the line of its name: a value may begin on a later one. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number | undefined {
  let node: unknown = document.contents;
  let start: number | undefined;
  for (const step of path) {
    const found = entryOf(document, node, step);
    if (found === undefined) break;
    start = found.start ?? start;
    node = found.value;
  }
  return start === undefined ? undefined : lines.linePos(start).line;
}

function entryOf(document: Document, node: unknown, step: PropertyKey): { start?: number; value: unknown } | undefined {
  if (isSeq(node)) {
    const item: unknown = node.items[Number(step)];
    return isNode(item) ? { ...startOf(item), value: item } : undefined;
  }
  if (!isMap(node)) return undefined;
  const nameOf = (key: unknown): string => (isNode(key) ? String(key.toJS(document)) : String(key));
  // Fields may be written in another case than they are known by.
  const pair =
    node.items.find(({ key }) => nameOf(key) === String(step)) ??
    node.items.find(({ key }) => nameOf(key).toLowerCase() === String(step).toLowerCase());
  return pair === undefined ? undefined : { ...(isNode(pair.key) ? startOf(pair.key) : {}), value: pair.value };
}

function startOf(node: Node): { start?: number } {
  return node.range === undefined || node.range === null ? {} : { start: node.range[0] };
}
