import type { Operation } from './operation.ts';

/** A key of the configuration that turns a part of the API on or off. */
export type FeatureKey = `FEATURE_${string}`;

/**
 * The operations there are while some features are off. One whose features are not all on does not exist: its address answers like
 * any other unknown one, and no description has it.
 */
export function operationsWithout(off: ReadonlySet<string>, operations: readonly Operation[]): readonly Operation[] {
  return operations.filter(({ flags }) => !featuresOf(flags?.feature).some((feature) => off.has(feature)));
}

/** The features that an operation needs, all of them. */
export function featuresOf(feature: FeatureKey | readonly FeatureKey[] | undefined): readonly FeatureKey[] {
  if (feature === undefined) return [];
  return typeof feature === 'string' ? [feature] : feature;
}
