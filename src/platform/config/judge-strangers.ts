import { type Candidate, placeOf } from './collect-candidates.ts';
import { nearestName } from './nearest-name.ts';
import { type ConfigProblem, formatProblem } from './problem.ts';
import { findQuayKey, type QuayKey, quayKeyNames } from './quay-keys/find-quay-key.ts';
import { isFilled } from './quay-keys/key-topic.ts';
import { readValue } from './read-value.ts';

export interface Judgement {
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly string[];
  readonly notes: readonly string[];
}

const CANNOT = 'This version cannot do what the setting asks for';

/**
 * Judges the keys that no slice declares. A key of Quay must have a value of its type. One that selects storage,
 * authentication, encryption or access and asks for something stops the start, for running without what it asks for would be
 * another registry than the one that was asked for; `startWithout` names those for which that is wanted.
 */
export function judgeStrangers(
  strangers: readonly Candidate[],
  own: readonly string[],
  startWithout: readonly string[],
): Judgement {
  const problems: ConfigProblem[] = [];
  const warnings: string[] = [];
  const notes: string[] = [];
  const unbuilt: string[] = [];
  const stopping = new Set<string>();
  const known = [...own, ...quayKeyNames()];
  for (const candidate of strangers) {
    const { key } = candidate;
    const quay = findQuayKey(key);
    const place = placeOf(candidate);
    if (quay === undefined) {
      warnings.push(formatProblem({ ...place, message: `There is no such setting; ${hint(key, known)}` }));
    } else if (quay.obsolete === true) {
      notes.push(formatProblem({ ...place, message: 'The setting is obsolete and has no effect' }));
    } else {
      const { problems: faults } = readValue(quay.type.schema(), candidate);
      problems.push(...faults);
      if (quay.stopsStart?.when(candidate.value) !== true) {
        if (faults.length === 0 && asksForSomething(candidate.value, quay)) unbuilt.push(key);
      } else {
        stopping.add(key);
        const without = quay.stopsStart.without !== undefined && startWithout.includes(key);
        if (without) warnings.push(formatProblem({ ...place, message: startedWithout(quay) }));
        else problems.push({ ...place, message: refusal(key, quay, startWithout) });
      }
    }
  }
  if (unbuilt.length > 0)
    warnings.push(`These settings of Quay have no effect in this version: ${unbuilt.toSorted().join(', ')}`);
  for (const name of startWithout.filter((name) => !stopping.has(name))) {
    const unknown = !own.includes(name) && findQuayKey(name) === undefined;
    warnings.push(
      unknown
        ? `START_WITHOUT names "${name}", and there is no such setting; ${hint(name, known)}`
        : `START_WITHOUT names ${name}, which stops no start; remove it there`,
    );
  }
  return { problems, warnings, notes };
}

/** A feature that is not there and that the file turns off, as Quay does by itself, has no need of a warning. */
function asksForSomething(value: unknown, quay: QuayKey): boolean {
  return isFilled(value) || isFilled(quay.quay);
}

function startedWithout(quay: QuayKey): string {
  return `${CANNOT}. Started without it, as START_WITHOUT says: ${quay.stopsStart?.without ?? ''}`;
}

function refusal(key: string, quay: QuayKey, startWithout: readonly string[]): string {
  const without = quay.stopsStart?.without;
  if (without !== undefined)
    return `${CANNOT}; remove it, or add ${key} to START_WITHOUT to start without it: ${without}`;
  const inVain = startWithout.includes(key)
    ? '. START_WITHOUT does not help: it would open or weaken what the setting is there for'
    : '';
  return `${CANNOT}, and must not run without it; remove it or stay with Quay${inVain}`;
}

function hint(name: string, known: readonly string[]): string {
  const near = nearestName(name, known);
  return near === undefined ? 'remove it' : `did you mean "${near}"?`;
}
