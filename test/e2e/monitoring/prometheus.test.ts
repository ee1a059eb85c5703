import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { available, hasProgram } from '../../support/components.ts';
import { freePort, startServer, type TestServer } from '../../support/server.ts';

const DEPLOY = join(import.meta.dirname, '../../../deploy');
const prometheus = available('prometheus', hasProgram('prometheus'));

let server: TestServer | undefined;
let child: ChildProcess | undefined;
const home = mkdtempSync(join(tmpdir(), 'gantry-prometheus-'));
afterEach(async () => {
  if (child !== undefined && child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await server?.dispose();
  rmSync(home, { recursive: true, force: true });
});

/** Starts Prometheus with our example of a configuration, for other ports. */
async function startPrometheus(target: number, token: string): Promise<string> {
  const port = await freePort();
  const config = readFileSync(join(DEPLOY, 'prometheus/prometheus.yml'), 'utf8')
    .replace('15s', '1s')
    .replace('127.0.0.1:9092', `127.0.0.1:${target}`)
    .replace('gantry.rules.yml', join(DEPLOY, 'prometheus/gantry.rules.yml'))
    .replace('static_configs:', 'authorization: { credentials_file: token }\n    static_configs:');
  writeFileSync(join(home, 'token'), token);
  writeFileSync(join(home, 'prometheus.yml'), config);
  const args = [
    `--config.file=${join(home, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(home, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  child = spawn('prometheus', args, { stdio: 'ignore' });
  return `http://127.0.0.1:${port}`;
}

interface Result {
  readonly status: string;
  readonly error?: string;
  readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] };
}

async function query(url: string, expression: string): Promise<Result | undefined> {
  const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query: expression }).toString()}`).catch(
    () => undefined,
  );
  // It takes a moment to come up.
  return answer === undefined || answer.status === 503 ? undefined : ((await answer.json()) as Result);
}

/** The expressions of all panels, with what Grafana puts in. */
function dashboardExpressions(): string[] {
  const { panels } = JSON.parse(readFileSync(join(DEPLOY, 'grafana/gantry.json'), 'utf8')) as {
    panels: { targets: { expr: string }[] }[];
  };
  const expressions = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  return expressions.map((expr) => expr.replaceAll('$__rate_interval', '1m').replaceAll('$instance', '.+'));
}

function alertExpressions(): string[] {
  const { groups } = parse(readFileSync(join(DEPLOY, 'prometheus/gantry.rules.yml'), 'utf8')) as {
    groups: { rules: { expr: string }[] }[];
  };
  return groups.flatMap(({ rules }) => rules.map(({ expr }) => expr));
}

describe('a real Prometheus', () => {
  it.skipIf(!prometheus)('reads the metrics, and understands all alerts and the dashboard (prometheus)', async () => {
    const port = await freePort();
    server = await startServer({ config: { METRICS_LISTEN: `127.0.0.1:${port}`, METRICS_TOKEN: 'scrape-me' } });
    const url = await startPrometheus(port, 'scrape-me');
    const scraped = async () => (await query(url, 'quay_service_up{service="database"}'))?.data.result[0]?.value[1];
    while ((await scraped()) !== '1') await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await query(url, 'up{job="gantry"}'))?.data.result[0]?.value[1]).toBe('1');
    const expressions = [...alertExpressions(), ...dashboardExpressions()];
    expect(expressions.length).toBeGreaterThan(30);
    for (const expression of expressions) {
      expect({ expression, ...(await query(url, expression)) }).toMatchObject({ expression, status: 'success' });
    }
    // Of a server that is well, nothing is wrong to report.
    const alerts = await Promise.all(alertExpressions().map(async (one) => [one, await query(url, one)] as const));
    const raised = alerts
      .filter(([, result]) => (result?.data.result.length ?? 0) > 0)
      .map(([expression]) => expression);
    // The disks of the machine that runs the tests are its own affair.
    expect(raised.filter((expression) => !expression.includes('quay_disk'))).toEqual([]);
  });
});
