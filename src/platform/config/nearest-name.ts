/** Names further away than this are not what was meant. */
const MAX_DISTANCE = 4;

/** The known name that needs the fewest edits, if it needs few for its length; ties go to the first in order. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  return nearestNames(name, known, 1)[0];
}

/** Up to `most` such names, the nearest first. */
export function nearestNames(name: string, known: Iterable<string>, most: number): readonly string[] {
  const furthest = Math.min(MAX_DISTANCE, Math.floor(name.length / 3));
  const near: { readonly candidate: string; readonly distance: number }[] = [];
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) > furthest) continue;
    const distance = editDistance(name.toUpperCase(), candidate);
    if (distance <= furthest) near.push({ candidate, distance });
  }
  const nearestFirst = near.toSorted((a, b) => a.distance - b.distance);
  return nearestFirst.slice(0, most).map(({ candidate }) => candidate);
}

/** Levenshtein's distance in which swapping two neighbours is one edit. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current[column] = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
        swapped ? at(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [beforeLast, last] = [last, current];
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
