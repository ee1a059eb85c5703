import { expect, test } from 'vitest';
import { summarize } from '../../scripts/test-summary.ts';

function report(...files: { status: string; tests: string[] }[]): string {
  const testResults = files.map(({ status, tests }, index) => ({
    name: `${index}.test.ts`,
    status,
    assertionResults: tests.map((state) => ({ status: state, fullName: `a ${state} test` })),
  }));
  return JSON.stringify({ testResults });
}

test('adds up passed, failed and skipped tests', () => {
  const text = report(
    { status: 'passed', tests: ['passed', 'skipped', 'todo'] },
    { status: 'failed', tests: ['failed', 'passed'] },
  );
  expect(summarize(text, 1)).toEqual({ passed: 2, failed: 1, skippedNames: ['a skipped test', 'a todo test'] });
});

test('counts a file that did not load as a failure', () => {
  const text = report({ status: 'failed', tests: [] }, { status: 'passed', tests: ['passed'] });
  expect(summarize(text, 1)).toMatchObject({ passed: 1, failed: 1 });
});

test('never calls a run good that ended badly', () => {
  expect(summarize(report({ status: 'passed', tests: ['passed'] }), 1)).toMatchObject({ passed: 1, failed: 1 });
  expect(summarize(undefined, 1)).toMatchObject({ passed: 0, failed: 1 });
});
