import { randomBytes } from 'node:crypto';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { makeImage, RegistryClient } from '../../support/clients.ts';
import { available, hasProgram } from '../../support/components.ts';
import { startServer } from '../../support/server.ts';

const run = promisify(execFile);
const TAGS = 10;

// What broke under Quay's limits: one machine that copies many images of many layers, with one account.
it.skipIf(!available('skopeo', hasProgram('skopeo')))(
  'skopeo mirrors a repository under the limits of Quay',
  async () => {
    const server = await startServer({ config: { FEATURE_RATE_LIMITS: true } });
    const home = mkdtempSync(join(tmpdir(), 'gantry-mirror-'));
    try {
      const owner = await server.initialize();
      const client = new RegistryClient(server.url, owner);
      for (let index = 0; index < TAGS; index++) {
        const layers = Array.from({ length: 8 }, () => randomBytes(64));
        await client.pushImage('owner/source', `v${index}`, makeImage(layers));
      }
      client.close();
      const policy = join(home, 'policy.json');
      writeFileSync(policy, '{"default":[{"type":"insecureAcceptAnything"}]}');
      const login = `${owner.username}:${owner.password}`;
      const trust = ['--src-tls-verify=false', '--dest-tls-verify=false', '--src-creds', login, '--dest-creds', login];
      const from = `${server.host}/owner/source`;
      // It retries what was refused for a while, so that the log tells.
      await run('skopeo', [
        '--policy',
        policy,
        'sync',
        ...trust,
        '--src',
        'docker',
        '--dest',
        'docker',
        from,
        `${server.host}/owner/copies`,
      ]);
      const copies = new RegistryClient(server.url, owner);
      expect(await copies.tags('owner/copies/source')).toHaveLength(TAGS);
      copies.close();
      const refusals = server.log().filter(({ msg }) => String(msg).includes('FEATURE_RATE_LIMITS'));
      expect(refusals).toEqual([]);
      expect(server.defects()).toEqual([]);
    } finally {
      await server.dispose();
      rmSync(home, { recursive: true });
    }
  },
);
