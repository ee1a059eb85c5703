import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const CLOCK_TICKS = 100;

/** The process and everything it has started. */
export function processTree(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const parent = parentOf(Number(entry));
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
  }
  const tree: number[] = [];
  const queue = [pid];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    tree.push(next);
    queue.push(...(children.get(next) ?? []));
  }
  return tree;
}

/**
 * CPU seconds used so far by all threads of the process and its children. Taken from the scheduler (nanoseconds); the
 * coarser kernel count is used where it is higher, because it also holds threads that have ended.
 */
export function cpuSeconds(pid: number): number {
  return processTree(pid).reduce((sum, member) => sum + Math.max(scheduled(member), counted(member)), 0);
}

/** Resident memory in MiB, summed over the process and its children; `VmHWM` is the highest since {@link resetPeak}. */
export function residentMiB(pid: number, field: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  const inKiB = (member: number): number =>
    Number(new RegExp(`${field}:\\s+(\\d+)`).exec(read(member, 'status'))?.[1] ?? 0);
  return processTree(pid).reduce((sum, member) => sum + inKiB(member), 0) / 1024;
}

export function resetPeak(pid: number): void {
  for (const member of processTree(pid)) writeFileSync(`/proc/${member}/clear_refs`, '5');
}

function scheduled(pid: number): number {
  let nanoseconds = 0;
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      nanoseconds += Number(read(pid, `task/${thread}/schedstat`).split(' ')[0] ?? 0);
    }
  } catch {
    return 0;
  }
  return nanoseconds / 1e9;
}

function counted(pid: number): number {
  const fields = afterName(read(pid, 'stat'));
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / CLOCK_TICKS;
}

function parentOf(pid: number): number | undefined {
  const parent = afterName(read(pid, 'stat'))[1];
  return parent === undefined ? undefined : Number(parent);
}

/** The fields of /proc/PID/stat behind the name, which may itself hold spaces and brackets. */
function afterName(stat: string): string[] {
  return stat === '' ? [] : stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** Empty when the process or thread has just ended. */
function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
