/** How often a property that takes long is tried: as given, or a tenth of it in `npm run ok`. */
export function propertyRuns(count: number): number {
  return process.env['GANTRY_FAST'] === '1' ? Math.ceil(count / 10) : count;
}
