import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { RegistryClient } from '../../support/clients.ts';
import { createPostgresTestUri } from '../../support/databases.ts';
import { type Account, freePort, type LogRecord, prepareServer, type TestServer } from '../../support/server.ts';
import { startHaproxy } from './haproxy.ts';

/** Nodes on one PostgreSQL and one directory of blobs, behind HAProxy. */
export interface Cluster {
  readonly url: string;
  readonly host: string;
  readonly account: Account;
  readonly nodes: readonly TestServer[];
  /** Directory of the blobs that all nodes share. */
  readonly dataDirectory: string;
  /** URI of the database. */
  readonly uri: string;
  /** As {@link TestServer.defects}, of all nodes. */
  defects(): LogRecord[];
  dispose(): Promise<void>;
}

export async function startCluster(
  options: { readonly count?: number; readonly config?: Readonly<Record<string, unknown>>; readonly uri?: string } = {},
): Promise<Cluster> {
  const cleanUps: (() => unknown)[] = [];
  const dispose = async (): Promise<void> => {
    for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
  };
  try {
    const database = options.uri === undefined ? await createPostgresTestUri() : undefined;
    const uri = options.uri ?? database?.uri ?? '';
    if (database !== undefined) cleanUps.push(database.drop);
    const dataDirectory = mkdtempSync(join(tmpdir(), 'gantry-shared-'));
    cleanUps.push(() => rmSync(dataDirectory, { recursive: true, force: true }));
    const port = await freePort();
    const host = `127.0.0.1:${port}`;
    const config = {
      SERVER_HOSTNAME: host,
      DB_URI: uri,
      DATABASE_SECRET_KEY: 'the same on each node',
      DISTRIBUTED_STORAGE_CONFIG: { default: ['LocalStorage', { storage_path: join(dataDirectory, 'blobs') }] },
      TRUSTED_PROXY_CIDR: '127.0.0.1/32',
      ...options.config,
    };
    const nodes: TestServer[] = [];
    for (let count = options.count ?? 2; count > 0; count -= 1) {
      const node = await prepareServer({ config });
      cleanUps.push(() => node.dispose());
      nodes.push(node);
    }
    // All at once on an empty database, as an orchestrator does it.
    await Promise.all(nodes.map((node) => node.start()));
    const haproxy = await startHaproxy(
      port,
      nodes.map((node) => node.port),
    );
    cleanUps.push(() => haproxy.stop());
    const [first] = nodes;
    if (first === undefined) throw new Error('a cluster has at least one node');
    const account = await first.initialize();
    const defects = () => nodes.flatMap((node) => node.defects());
    return { url: `http://${host}`, host, account, nodes, dataDirectory, uri, defects, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Resolves when HAProxy sends requests to every node. It does so by chance, so that soon each of them has had one. */
export async function untilAllServe(cluster: Cluster): Promise<void> {
  const client = new RegistryClient(cluster.url);
  const logged = () => cluster.nodes.map((node) => node.log().length);
  await vi.waitFor(
    async () => {
      const before = logged();
      // Refused requests are in the log of the node that refused them.
      for (let count = 0; count < 20; count += 1) await client.send('PUT', '/v2/nobody/nothing/manifests/none');
      const silent = logged().filter((lines, index) => lines === before[index]);
      if (silent.length > 0) throw new Error(`${silent.length} nodes get no requests`);
    },
    { timeout: 10_000, interval: 100 },
  );
  client.close();
}
