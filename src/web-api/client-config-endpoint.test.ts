import { expect, it } from 'vitest';
import { startHttp } from '../../test/support/http.ts';
import { VERSION } from '../kernel/version.ts';
import { createClientConfigHandler } from './index.ts';

const start = () =>
  startHttp({
    mounts: [
      {
        prefix: '/config',
        errors: 'quay',
        handler: createClientConfigHandler({
          config: { REGISTRY_TITLE: 'A registry' },
          features: { MAILING: false },
          registryState: 'normal',
        }),
      },
    ],
  });

it('tells what pages work by, in the form of Quay', async () => {
  await using server = await start();
  const answer = await fetch(`${server.url}/config`);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(await answer.json()).toEqual({
    config: { SERVER_HOSTNAME: `127.0.0.1:${server.port}`, REGISTRY_TITLE: 'A registry' },
    features: { MAILING: false },
    oauth: {},
    external_login: [],
    registry_state: 'normal',
    account_recovery_mode: false,
    version_number: VERSION,
  });
});

it('is one page that can only be read', async () => {
  await using server = await start();
  const head = await fetch(`${server.url}/config`, { method: 'HEAD' });
  expect([head.status, await head.text()]).toEqual([200, '']);
  const post = await fetch(`${server.url}/config`, { method: 'POST' });
  expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  expect((await fetch(`${server.url}/config/app`)).status).toBe(404);
});
