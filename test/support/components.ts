import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * Whether a component the tests use but do not install is there. Components named in `GANTRY_REQUIRE` (comma-separated, or
 * `all`) must be: then its absence throws instead of skipping.
 * @param name What is needed: `corpus`, `strace`, `mount`, or a program's name.
 * @param present The finding.
 */
export function available(name: string, present: boolean): boolean {
  const required = (process.env['GANTRY_REQUIRE'] ?? '').split(/[\s,]+/);
  if (!present && (required.includes(name) || required.includes('all'))) {
    throw new Error(`"${name}" is required by GANTRY_REQUIRE but not there`);
  }
  return present;
}

/** Whether a program of this name is on PATH (or in the directories for administrators). */
export function hasProgram(name: string): boolean {
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return directories.some((directory) => {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
