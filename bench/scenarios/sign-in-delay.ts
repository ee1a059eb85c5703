import { randomBytes } from 'node:crypto';
import { startGantry } from '../contender.ts';
import { judge, number, type Row, type Scenario } from '../pairs.ts';
import { spreadPercent, summarize } from '../statistics.ts';
import { digestOf, expectStatus, RegistryClient } from '../../test/support/clients.ts';

const BLOB_BYTES = 256 * 1024;
const DOWNLOADS = 200;
/** More than the pool of hashes runs at once, less than it refuses. */
const SIGN_INS = 16;

/** How long a download takes while passwords are hashed without a pause, against one with nobody signing in. */
export const signInDelay: Scenario = {
  name: 'sign-in-delay',
  async run(pairs) {
    const server = await startGantry();
    try {
      const repository = server.repository('delayed');
      const blob = randomBytes(BLOB_BYTES);
      await server.client.pushBlob(repository, blob);
      const path = `/v2/${repository}/blobs/${digestOf(blob)}`;
      const authorization = await server.authorization(repository);
      const download = async (): Promise<number> => {
        const times: number[] = [];
        for (let i = 0; i < DOWNLOADS; i++) {
          const begin = performance.now();
          expectStatus(await server.client.call('GET', path, { authorization }), 200, 'download');
          times.push(performance.now() - begin);
        }
        return times.toSorted((a, b) => a - b)[Math.floor(DOWNLOADS * 0.99)] ?? Number.NaN;
      };
      const quiet: number[] = [];
      const busy: number[] = [];
      await download();
      for (let round = 0; round < pairs; round++) {
        quiet.push(await download());
        busy.push(await whileHashing(server.port, round, download));
      }
      return rows(quiet, busy);
    } finally {
      await server.stop();
    }
  },
};

/** Sign-ins that fail, each from another address of this machine: one that keeps failing would be made to wait instead. */
async function whileHashing(port: number, round: number, work: () => Promise<number>): Promise<number> {
  const stop = new AbortController();
  const flood = Array.from({ length: SIGN_INS }, async (_, lane) => {
    for (let attempt = 1; !stop.signal.aborted; attempt++) {
      const localAddress = `127.${round * SIGN_INS + lane + 1}.${(attempt >> 8) % 256}.${attempt % 256}`;
      const client = new RegistryClient(`http://127.0.0.1:${port}`, undefined, 1, { localAddress });
      const login = Buffer.from(`nobody-${round}-${lane}-${attempt}:wrong-password`).toString('base64');
      const answer = await client.send('GET', '/v2/auth?service=x', { authorization: `Basic ${login}` });
      client.close();
      expectStatus(answer, 401, 'sign in with a wrong password');
    }
  });
  try {
    return await work();
  } finally {
    stop.abort();
    await Promise.all(flood);
  }
}

function rows(quiet: readonly number[], busy: readonly number[]): Row[] {
  const ratio = summarize(busy.map((value, index) => value / (quiet[index] ?? Number.NaN)));
  return [
    {
      what: `blob of ${BLOB_BYTES / 1024} KiB, p99 ms while passwords are hashed, against nobody signing in`,
      ours: number(summarize(busy).median),
      peer: number(summarize(quiet).median),
      ratio: `${number(ratio.median)}×`,
      spread: `±${Math.round(spreadPercent(ratio))} %`,
      ...judge(summarize(busy).median, { atMost: 50 }, ' ms'),
    },
  ];
}
