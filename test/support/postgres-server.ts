import type { TestProject } from 'vitest/node';
import { findPostgresPrograms, startPrivatePostgres } from './private-postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** URI of a server where databases may be created, or the reason why there is none. */
    postgres: { readonly uri: string } | { readonly missing: string };
  }
}

/**
 * Starts one private PostgreSQL for the whole run, or uses the one named by GANTRY_TEST_POSTGRES. Durability is off: what
 * the tests need of it is checked against real disks by the end-to-end tests.
 */
export default async function setUp(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (process.env['GANTRY_FAST'] === '1') {
    project.provide('postgres', { missing: 'left to npm test' });
    return undefined;
  }
  const given = process.env['GANTRY_TEST_POSTGRES'];
  if (given !== undefined) {
    project.provide('postgres', { uri: given });
    return undefined;
  }
  if (findPostgresPrograms() === undefined) {
    const missing = 'PostgreSQL is not installed and GANTRY_TEST_POSTGRES is not set';
    if (/\b(?:postgres|all)\b/.test(process.env['GANTRY_REQUIRE'] ?? '')) throw new Error(missing);
    project.provide('postgres', { missing });
    return undefined;
  }
  const server = await startPrivatePostgres();
  project.provide('postgres', { uri: server.uri });
  return () => server.dispose();
}
