import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findComponent } from '../../../scripts/components.ts';
import { createOAuthHandler, createWebHandler } from '../../../src/web-api/index.ts';
import { createTestDatabase } from '../../support/databases.ts';
import { startHttp } from '../../support/http.ts';
import { type OAuthWorld, startOAuth } from '../../support/oauth.ts';
import { webApiPorts } from '../../support/web-api.ts';

const browserPath = findComponent('chromium');

describe.skipIf(browserPath === undefined)('authorizing an application with a browser', () => {
  let world: OAuthWorld;
  let browser: Browser;
  let url: string;
  const ended = new AsyncDisposableStack();
  /** The application, at an origin of its own. */
  let callback: string;
  const received: string[] = [];

  beforeAll(async () => {
    const database = await createTestDatabase('sqlite');
    ended.defer(() => database.drop());
    world = ended.use(await startOAuth(database.db));
    const web = await createWebHandler(join(import.meta.dirname, '../../../web/public'));
    const ports = webApiPorts(database.db, world.identity);
    const server = await startHttp({
      mounts: [
        { prefix: '/oauth', errors: 'quay', handler: createOAuthHandler(ports) },
        { prefix: '/', errors: 'quay', handler: web },
      ],
    });
    ended.defer(() => server.close());
    ({ url } = server);
    const application = createServer((req, res) => {
      if (req.url?.startsWith('/callback') === true) received.push(req.url);
      res.writeHead(200, { 'Content-Type': 'text/html' }).end('<p>Back at the application</p>');
    });
    application.listen(0, '127.0.0.1');
    await once(application, 'listening');
    ended.defer(() => void application.close());
    callback = `http://127.0.0.1:${(application.address() as AddressInfo).port}/callback`;
    browser = await chromium.launch({ executablePath: browserPath ?? '', args: ['--no-sandbox'] });
    ended.defer(() => browser.close());
  });

  afterAll(() => ended.disposeAsync());

  /** A page of the administrator, who has signed in. */
  const open = async (scripts: boolean): Promise<{ readonly page: Page; readonly complaints: string[] }> => {
    const context = await browser.newContext({ javaScriptEnabled: scripts });
    await context.addCookies([{ name: '_csrf_token', value: world.admin.cookie, url, sameSite: 'Lax' }]);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    return { page, complaints };
  };

  const address = (fields: Readonly<Record<string, string>>): string =>
    `${url}/oauth/authorize?${new URLSearchParams({ scope: 'repo:read user:admin', ...fields }).toString()}`;

  test.each([true, false])('asks, and takes the user back to the application (scripts: %s)', async (scripts) => {
    const { id } = await world.register({ redirect_uri: callback, name: 'Robot <arm>' });
    const { page, complaints } = await open(scripts);
    await page.goto(address({ client_id: id, redirect_uri: callback, state: 'abc' }));
    expect(await page.locator('h1').innerText()).toBe('Authorize Robot <arm>?');
    expect(await page.locator('li').allInnerTexts()).toEqual([
      expect.stringContaining('repo:read'),
      expect.stringContaining('trust it fully'),
    ]);
    await page.getByRole('button', { name: 'Authorize' }).click();
    await page.getByText('Back at the application').waitFor();
    expect(received.at(-1)).toMatch(/^\/callback\?code=[A-Za-z0-9]{40}&state=abc$/);
    await page.goto(address({ client_id: id, redirect_uri: callback, state: 'abc' }));
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('Back at the application').waitFor();
    expect(received.at(-1)).toMatch(/^\/callback\?error=access_denied.*&state=abc$/);
    expect(complaints).toEqual([]);
  });

  test('shows a token made for oneself, and takes it out of the address', async () => {
    const { id } = await world.register();
    const { page, complaints } = await open(true);
    await page.goto(address({ client_id: id, redirect_uri: `${url}/oauth/localapp`, response_type: 'token' }));
    await page.getByRole('button', { name: 'Authorize' }).click();
    const shown = page.locator('[data-token]');
    await shown.waitFor();
    const token = await shown.innerText();
    expect(token).toMatch(/^[A-Za-z0-9]{40}$/);
    expect(page.url()).toBe(`${url}/oauth/localapp`);
    expect(await world.identity.authenticateAccessToken(token)).toMatchObject({ scopes: ['repo:read', 'user:admin'] });
    expect(complaints).toEqual([]);
  });

  test('cannot be put into a frame of another page', async () => {
    const { id } = await world.register({ redirect_uri: callback });
    const { page } = await open(true);
    await page.goto(callback);
    const framed = address({ client_id: id, redirect_uri: callback });
    await page.setContent(`<iframe src="${framed.replaceAll('&', '&amp;')}"></iframe>`);
    await page.waitForLoadState('networkidle');
    const inside = page.frames().filter((frame) => frame !== page.mainFrame());
    for (const frame of inside) expect(await frame.content()).not.toContain('authorizeapp');
  });
});
