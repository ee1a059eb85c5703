import { LineCounter, parseDocument, type Document, isMap, isNode } from 'yaml';
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

/** Reads a file as Quay does, which is YAML 1.1: `yes`, `on` and `0o17` mean what they meant there. Duplicate keys are problems. */
export function readYaml(text: string, source: string): YamlFile {
  if (text.length > MAX_LENGTH)
    return failed(source, { source, message: 'The file is larger than 1 MiB; a configuration is a few KiB' });
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, {
      version: '1.1',
      uniqueKeys: true,
      lineCounter: lines,
      prettyErrors: false,
      logLevel: 'error',
    });
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
    const document = parseDocument(text, { version: '1.1', prettyErrors: false, logLevel: 'error' });
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

function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const start = startOf(document, path.slice(0, length));
    if (start !== undefined) return lines.linePos(start).line;
  }
  return undefined;
}

/** For a pair the line of its key: a value may begin on a later one. */
function startOf(document: Document, path: readonly PropertyKey[]): number | undefined {
  const last = path.at(-1);
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (isMap(parent)) {
    const pair = parent.items.find(({ key }) => isNode(key) && String(key.toJS(document)) === String(last));
    return isNode(pair?.key) ? pair.key.range?.[0] : undefined;
  }
  const node = document.getIn(path, true);
  return isNode(node) ? node.range?.[0] : undefined;
}
