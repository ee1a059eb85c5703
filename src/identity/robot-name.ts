import { isNamespaceName } from '../kernel/reference.ts';

export interface RobotName {
  readonly owner: string;
  readonly shortName: string;
}

/** Splits `owner+short`; undefined: not the name of a robot. Users' and organizations' names have no "+". */
export function parseRobotName(name: string): RobotName | undefined {
  const plus = name.indexOf('+');
  const [owner, shortName] = [name.slice(0, Math.max(plus, 0)), name.slice(plus + 1)];
  return plus > 0 && isNamespaceName(owner) && isNamespaceName(shortName) ? { owner, shortName } : undefined;
}

export function robotName({ owner, shortName }: RobotName): string {
  return `${owner}+${shortName}`;
}

/** What is wrong with a short name; undefined: nothing. */
export function robotNameFault(shortName: string): string | undefined {
  if (isNamespaceName(shortName)) return undefined;
  return 'The name of a robot must be 2 to 255 lower-case letters and digits, with single ".", "_" or "-" between';
}
