/** What one run of vitest came to. */
export interface Summary {
  readonly passed: number;
  readonly failed: number;
  readonly skippedNames: readonly string[];
}

interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/**
 * Adds up vitest's JSON report. A file that failed without a failed test (it did not load, a hook threw) counts as one
 * failure, and so does a run that ended badly for any reason its report does not show (undefined: there is no report).
 */
export function summarize(report: string | undefined, exitStatus: number): Summary {
  const files = report === undefined ? [] : (JSON.parse(report) as VitestReport).testResults;
  const tests = files.flatMap((file) => file.assertionResults);
  const brokenFiles = files.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  const failed = tests.filter((test) => test.status === 'failed').length + brokenFiles.length;
  return {
    passed: tests.filter((test) => test.status === 'passed').length,
    failed: failed === 0 && exitStatus !== 0 ? 1 : failed,
    skippedNames: tests
      .filter((test) => test.status === 'skipped' || test.status === 'pending' || test.status === 'todo')
      .map((test) => test.fullName),
  };
}
