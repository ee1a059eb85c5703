import { Agent, request } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareServer } from '../../test/support/server.ts';
import { manyAccounts } from '../large-database.ts';
import { judge, number, type Row, type Scenario } from '../pairs.ts';
import { cpuSeconds } from '../process-usage.ts';
import { spreadPercent, summarize } from '../statistics.ts';

const MANY = 10_000;
const PAGE = 100;
const REQUESTS = 300;
const ACCOUNT = 'bench';

interface Asked {
  readonly what: string;
  readonly path: string;
  /** Milliseconds of CPU of the whole request; infinite where Quay has no pages. */
  readonly atMost: number;
  readonly requests: number;
}

/** What `GET` costs the server in CPU time: single things with an access token, and lists of ten thousand. */
const ASKED: readonly Asked[] = [
  { what: 'who calls', path: '/user/', atMost: 1, requests: REQUESTS },
  { what: 'one repository', path: `/repository/${ACCOUNT}/r0?includeTags=false`, atMost: 1, requests: REQUESTS },
  { what: 'one organization', path: '/organization/o1', atMost: 1, requests: REQUESTS },
  { what: `a page of ${MANY} repositories`, path: `/repository?namespace=${ACCOUNT}`, atMost: 5, requests: REQUESTS },
  { what: `${PAGE} of ${MANY} robots`, path: `/user/robots?limit=${PAGE}&token=false`, atMost: 5, requests: REQUESTS },
  {
    what: `a page of ${MANY} organizations`,
    path: `/superuser/organizations/?limit=${PAGE}`,
    atMost: 5,
    requests: REQUESTS,
  },
  { what: `the ${MANY} members of a team`, path: '/organization/o0/team/crowd/members', atMost: Infinity, requests: 5 },
  { what: `a page of ${MANY} users`, path: `/superuser/users/?limit=${PAGE}`, atMost: 5, requests: REQUESTS },
];

export const apiCall: Scenario = {
  name: 'api-call',
  async run(pairs) {
    const directory = mkdtempSync(join(tmpdir(), 'gantry-api-'));
    const server = await prepareServer({ command: 'launcher', dataDirectory: directory });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      await server.start();
      const { accessToken } = await server.initialize(ACCOUNT);
      await server.stop();
      manyAccounts(directory, ACCOUNT, MANY);
      await server.start();
      const get = (path: string): Promise<number> =>
        new Promise((resolve, reject) => {
          const headers = { Authorization: `Bearer ${accessToken}` };
          const options = { host: '127.0.0.1', port: server.port, path: `/api/v1${path}`, headers, agent };
          request(options, (answer) => {
            answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
          })
            .on('error', reject)
            .end();
        });
      const measure = async ({ path, requests }: Asked): Promise<number> => {
        const before = cpuSeconds(server.pid);
        for (let i = 0; i < requests; i++) {
          const status = await get(path);
          if (status !== 200) throw new Error(`${path} was answered with ${status}`);
        }
        return (1000 * (cpuSeconds(server.pid) - before)) / requests;
      };
      const figures = ASKED.map((): number[] => []);
      for (const asked of ASKED) await measure(asked);
      for (let round = 0; round < pairs; round++) {
        for (const [index, asked] of ASKED.entries()) figures[index]?.push(await measure(asked));
      }
      return ASKED.map((asked, index) => row(asked, figures[index] ?? []));
    } finally {
      agent.destroy();
      await server.dispose();
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

function row({ what, atMost }: Asked, figures: readonly number[]): Row {
  const summary = summarize(figures);
  return {
    what: `${what}, CPU ms of the whole request`,
    ours: number(summary.median),
    peer: '–',
    ratio: '–',
    spread: `±${Math.round(spreadPercent(summary))} %`,
    ...judge(summary.median, Number.isFinite(atMost) ? { atMost } : {}, ' ms'),
  };
}
