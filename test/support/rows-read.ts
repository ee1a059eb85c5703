interface PlanNode {
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

/** Rows that the leaves of a plan of PostgreSQL (`EXPLAIN (ANALYZE, FORMAT JSON)`) have read, those that a filter has thrown away included. */
export function rowsRead(text: unknown): number {
  const [{ Plan: plan }] = (typeof text === 'string' ? JSON.parse(text) : text) as [{ Plan: PlanNode }];
  const count = (node: PlanNode): number =>
    (node.Plans ?? []).length > 0
      ? (node.Plans ?? []).reduce((sum, child) => sum + count(child), 0)
      : (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'];
  return count(plan);
}
