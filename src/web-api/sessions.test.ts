import { beforeAll, expect, it } from 'vitest';
import { Browser } from '../../test/support/browser.ts';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import { createFakeClock, type FakeClock } from '../../test/support/fake-clock.ts';
import { startHttp } from '../../test/support/http.ts';
import { cheapPasswords, createTestIdentity } from '../../test/support/identity.ts';
import { webApiPorts } from '../../test/support/web-api.ts';
import { createUser } from '../identity/index.ts';
import { createCsrfTokenHandler, createWebApi, type WebApiPorts } from './index.ts';

const SYSTEM = { kind: 'system', name: undefined } as const;

describeOnBothDatabases('sessions of the web UI', (context) => {
  const start = async (rules: Partial<WebApiPorts['rules']> = {}, clock?: FakeClock) => {
    const { db } = context();
    const identity = createTestIdentity(db, clock === undefined ? {} : { clock });
    const ports = webApiPorts(db, identity, rules, clock);
    const server = await startHttp({
      mounts: [
        { prefix: '/api/v1', errors: 'quay', handler: createWebApi(ports) },
        { prefix: '/csrf_token', errors: 'quay', handler: createCsrfTokenHandler(ports) },
      ],
    });
    return { server, browser: () => new Browser(server.url) };
  };

  beforeAll(async () => {
    const { db } = context();
    await createUser(
      { db, passwords: cheapPasswords },
      { name: 'ada', password: 'password-of-ada', superuser: false },
      SYSTEM,
    );
  });

  it('begin with a password, carry the user, and end', async () => {
    const { server, browser } = await start();
    await using _ = server;
    const ada = browser();
    await ada.open();
    expect(await ada.userName()).toBeUndefined();
    const signedIn = await ada.signIn();
    expect(await signedIn.json()).toEqual({ success: true });
    expect(signedIn.headers.get('set-cookie')).toMatch(
      /^_csrf_token=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=86400$/,
    );
    expect(await ada.userName()).toBe('ada');
    const kept = ada.cookie;
    expect((await ada.call('POST', '/api/v1/signout')).status).toBe(200);
    ada.cookie = kept;
    expect(await ada.userName()).toBeUndefined();
  });

  it('say nothing about which of name and password was wrong', async () => {
    const { server, browser } = await start();
    await using _ = server;
    const stranger = browser();
    await stranger.open();
    const wrong = await stranger.signIn('password-of-eve');
    const unknown = await stranger.call('POST', '/api/v1/signin', { username: 'nobody', password: 'password-of-eve' });
    expect(wrong.status).toBe(403);
    expect(unknown.status).toBe(403);
    expect(await wrong.json()).toEqual(await unknown.json());
    expect(await stranger.userName()).toBeUndefined();
  });

  it('get a cookie that was not there before the sign-in', async () => {
    const { server, browser } = await start();
    await using _ = server;
    const ada = browser();
    await ada.open();
    const planted = ada.cookie;
    await ada.signIn();
    expect(ada.cookie).not.toBe(planted);
    const attacker = browser();
    attacker.cookie = planted;
    expect(await attacker.userName()).toBeUndefined();
  });

  it('keep their token, also when the user signs in once more', async () => {
    const { server, browser } = await start();
    await using _ = server;
    const ada = browser();
    await ada.open();
    await ada.signIn();
    const { token } = ada;
    await ada.open();
    expect(ada.token).toBe(token);
    const first = ada.cookie;
    expect((await ada.signIn()).status).toBe(200);
    expect(await ada.userName()).toBe('ada');
    ada.cookie = first;
    expect(await ada.userName()).toBeUndefined();
  });

  it('take no change without the token, or with that of another', async () => {
    const { server, browser } = await start();
    await using _ = server;
    const [ada, eve] = [browser(), browser()];
    await ada.open();
    await ada.signIn();
    await eve.open();
    for (const token of [undefined, '', eve.token, `${ada.token}x`]) {
      const other = browser();
      other.cookie = ada.cookie;
      other.token = token;
      const refused = await other.call('POST', '/api/v1/signout');
      expect(refused.status).toBe(403);
      expect(await refused.json()).toEqual({ error: 'CSRF token was invalid or missing. (authorized: true)' });
    }
    expect(await ada.userName()).toBe('ada');
    const byParameter = browser();
    byParameter.cookie = ada.cookie;
    expect((await byParameter.call('POST', `/api/v1/signout?_csrf_token=${ada.token}`)).status).toBe(200);
  });

  it('take the password again, live by being used, and end when they are not', async () => {
    const clock = createFakeClock(Date.now());
    const { server, browser } = await start({}, clock);
    await using _ = server;
    const ada = browser();
    await ada.open();
    await ada.signIn();
    clock.advance(300_000);
    expect((await ada.call('POST', '/api/v1/signin/verify', { password: 'wrong-password' })).status).toBe(403);
    expect((await ada.call('POST', '/api/v1/signin/verify', { password: 'password-of-ada' })).status).toBe(200);
    expect(await ada.userName()).toBe('ada');
    clock.advance(86_399_000);
    expect(await ada.userName()).toBe('ada');
    clock.advance(86_401_000);
    expect(await ada.userName()).toBeUndefined();
  });

  it('are for scripts of pages, not for typed addresses', async () => {
    const { server, browser } = await start();
    await using _ = server;
    const agent = { 'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140 Safari/537.36' };
    const typed = await browser().call('GET', '/api/v1/discovery', undefined, agent);
    expect(typed.status).toBe(400);
    const scripted = { ...agent, 'X-Requested-With': 'XMLHttpRequest' };
    expect((await browser().call('GET', '/api/v1/discovery', undefined, scripted)).status).toBe(200);
  });

  it('are out of the reach of other origins unless these are named', async () => {
    const { server, browser } = await start({ allowedOrigins: ['https://pages.example.org'] });
    await using _ = server;
    const from = (origin: string) => browser().call('OPTIONS', '/api/v1/user/', undefined, { Origin: origin });
    const named = await from('https://pages.example.org');
    expect(named.headers.get('access-control-allow-credentials')).toBe('true');
    const other = await from('https://evil.example.org');
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
    const { server: open, browser: visitor } = await start();
    await using __ = open;
    const anyone = await visitor().call('OPTIONS', '/api/v1/user/', undefined, { Origin: 'https://evil.example.org' });
    expect(anyone.headers.get('access-control-allow-origin')).toBe('*');
    expect(anyone.headers.get('access-control-allow-credentials')).toBeNull();
  });
});
