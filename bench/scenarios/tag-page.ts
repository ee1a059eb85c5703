import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGantry } from '../contender.ts';
import { manyTags, tagName } from '../large-database.ts';
import { judge, number, type Row, type Scenario } from '../pairs.ts';
import { cpuSeconds } from '../process-usage.ts';
import { spreadPercent, summarize } from '../statistics.ts';
import { expectStatus } from '../../test/support/clients.ts';

const TAGS = 1_000_000;
const PAGE = 100;
const REQUESTS = 400;

/** One page of the tag list at the beginning, in the middle and at the end of a repository with a million tags. */
export const tagPage: Scenario = {
  name: 'tag-page',
  async run(pairs) {
    const directory = mkdtempSync(join(tmpdir(), 'gantry-tags-'));
    try {
      await manyTags(directory, 'many', TAGS);
      const server = await startGantry({ dataDirectory: directory, fresh: false });
      const page = async (last: string | undefined): Promise<number> => {
        const path = `/v2/bench/many/tags/list?n=${PAGE}${last === undefined ? '' : `&last=${last}`}`;
        const before = cpuSeconds(server.pid);
        for (let i = 0; i < REQUESTS; i++) expectStatus(await server.client.call('GET', path), 200, 'list tags');
        return (1000 * (cpuSeconds(server.pid) - before)) / REQUESTS;
      };
      const depths = [undefined, tagName(TAGS / 2), tagName(TAGS - PAGE - 1)];
      const figures: number[][] = depths.map(() => []);
      await page(undefined);
      for (let round = 0; round < pairs; round++) {
        for (const [index, last] of depths.entries()) figures[index]?.push(await page(last));
      }
      await server.stop();
      return rows(figures);
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
};

/** The whole request is bounded here; its database time is a part of it. */
function rows(figures: readonly number[][]): Row[] {
  const summaries = figures.map(summarize);
  const first = summaries[0]?.median ?? Number.NaN;
  return summaries.map((summary, index) => ({
    what: `tag page of ${PAGE} ${['at the beginning', 'in the middle', 'at the end'][index]}, CPU ms of the whole request`,
    ours: number(summary.median),
    peer: '–',
    ratio: `${number(summary.median / first)}×`,
    spread: `±${Math.round(spreadPercent(summary))} %`,
    ...judge(summary.median, { atMost: 1 }, ' ms'),
  }));
}
