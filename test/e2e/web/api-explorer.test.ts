import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findComponent } from '../../../scripts/components.ts';
import { createAccessToken, createUser } from '../../../src/identity/index.ts';
import { createCsrfTokenHandler, createWebApi, createWebHandler } from '../../../src/web-api/index.ts';
import { contrast, openPage } from '../../support/browser-page.ts';
import { createTestDatabase } from '../../support/databases.ts';
import { startHttp, type TestServer } from '../../support/http.ts';
import { cheapPasswords, createTestIdentity } from '../../support/identity.ts';
import { webApiPorts } from '../../support/web-api.ts';

const browserPath = findComponent('chromium');
/** What a person may write into a text field, and no page may run. */
const SCRIPT = '<img src=x onerror="document.title=1"><script>document.title=1</script>';

describe.skipIf(browserPath === undefined)('the API explorer', () => {
  let server: TestServer;
  let browser: Browser;
  let token: string;
  const closing = new AsyncDisposableStack();

  beforeAll(async () => {
    const { db, drop } = await createTestDatabase('sqlite');
    closing.defer(drop);
    const identity = createTestIdentity(db);
    const ports = webApiPorts(db, identity);
    const by = { kind: 'system', name: undefined } as const;
    const user = { name: 'ada', password: 'password-of-ada', superuser: false };
    const { userId } = await createUser({ db, passwords: cheapPasswords }, user, by);
    ({ token } = await db.transaction((tx) => createAccessToken(tx, { userId, scopes: ['user:admin'] })));
    server = await startHttp({
      mounts: [
        { prefix: '/api/v1', errors: 'quay', handler: createWebApi(ports) },
        { prefix: '/csrf_token', errors: 'quay', handler: createCsrfTokenHandler(ports) },
        {
          prefix: '/',
          errors: 'quay',
          handler: await createWebHandler(join(import.meta.dirname, '../../../web/public')),
        },
      ],
    });
    closing.defer(() => server.close());
    browser = await chromium.launch({ executablePath: browserPath ?? '', args: ['--no-sandbox'] });
    closing.defer(() => browser.close());
  });

  afterAll(() => closing.disposeAsync());

  const open = async (options: BrowserContextOptions = {}, operation = '') => {
    const opened = await openPage(browser, `${server.url}/api/explorer${operation}`, options);
    await opened.page.getByText(/^\d+ of \d+ operations$/).waitFor();
    return opened;
  };

  const useToken = async (page: Page) => {
    await page.getByRole('button', { name: 'Change' }).click();
    await page.getByLabel('Access token').fill(token);
    await page.getByRole('button', { name: 'Use the token' }).click();
    await page.getByText('Token of ada').waitFor();
  };

  const answerOf = async (page: Page) => ({
    status: await page.locator('.outcome strong').innerText(),
    body: JSON.parse(await page.getByLabel('Body of the answer').innerText()) as Record<string, unknown>,
  });

  test('lists every operation by what it is about, and finds one by words', async () => {
    const { page, complaints } = await open();
    await page.getByRole('searchbox').fill('put user/robots');
    const found = await page.locator('nav li:visible').allInnerTexts();
    expect(found.filter((text) => !/^PUT\s[^]*\/user\/robots/.test(text))).toEqual([]);
    await page.locator('nav li a[href="#createUserRobot"]').click();
    await page.getByRole('heading', { level: 2 }).waitFor();
    const facts = await page.locator('.facts').innerText();
    expect(facts).toContain('createUserRobot');
    expect(facts).toContain('A signed-in user');
    expect(facts).toContain('user:admin');
    expect(await page.locator('label[for=parameter-robot_shortname]').innerText()).toBe('robot_shortname');
    expect(complaints.filter((text) => !text.includes('401'))).toEqual([]);
  });

  test('calls with an access token, and shows what others have written as text', async () => {
    const { page, complaints } = await open({}, '#createUserRobot');
    await useToken(page);
    await page.getByLabel('robot_shortname').fill('scripted');
    await page.getByLabel('JSON').fill(JSON.stringify({ description: SCRIPT }));
    await page.getByRole('button', { name: 'Send PUT' }).click();
    await page.locator('.outcome').waitFor();
    const { status, body } = await answerOf(page);
    expect(status).toBe('201 Created');
    expect(body).toMatchObject({ name: 'ada+scripted', description: SCRIPT });
    expect(await page.locator('.result img, .result script').count()).toBe(0);
    const command = await page.getByLabel('Command').innerText();
    expect(command).toContain(`'${server.url}/api/v1/user/robots/scripted'`);
    expect(command, 'which may be shown to others').not.toContain(token);
    expect(await page.title()).not.toBe('1');
    expect(complaints.filter((text) => !text.includes('401'))).toEqual([]);
  });

  test('signs in, and its changes carry the proof that they come from a page of this server', async () => {
    const { page } = await open({}, '#createUserRobot');
    await page.getByRole('button', { name: 'Change' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('User name').fill('ada');
    await dialog.getByLabel('Password').fill('password-of-eve');
    await dialog.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').filter({ hasText: 'Invalid Username or Password' }).waitFor();
    await dialog.getByLabel('Password').fill('password-of-ada');
    await dialog.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Signed in as ada').waitFor();
    await page.getByLabel('robot_shortname').fill('by_session');
    await page.getByRole('button', { name: 'Send PUT' }).click();
    await page.locator('.outcome').waitFor();
    expect((await answerOf(page)).status).toBe('201 Created');
    await page.getByRole('button', { name: 'Change' }).click();
    await page.getByRole('button', { name: 'Call as nobody' }).click();
    await page.getByText('Calling as nobody').waitFor();
    await page.getByRole('button', { name: 'Send PUT' }).click();
    await page.getByText('401 Unauthorized').waitFor();
  });

  test('can be used by keyboard alone', async () => {
    const { page } = await open();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the operation');
    await page.getByRole('searchbox').focus();
    await page.keyboard.type('getErrorDescription');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 2, name: 'Describe a kind of error' }).waitFor();
    expect(await page.evaluate('document.activeElement.id')).toBe('operation');
    await page.keyboard.press('Tab');
    await page.keyboard.type('not_found');
    await page.keyboard.press('Enter');
    await page.locator('.outcome').waitFor();
    expect((await answerOf(page)).body).toMatchObject({ title: 'not_found' });
  });

  test.each(['light', 'dark'] as const)('is legible in %s colours', async (colorScheme) => {
    const { page } = await open({ colorScheme }, '#getErrorDescription');
    await page.getByLabel('error_type').fill('none');
    await page.getByRole('button', { name: 'Send GET' }).click();
    await page.locator('.outcome').waitFor();
    await page.getByRole('searchbox').fill('robot');
    const texts = ['h1', 'h2', '.soft', 'nav li a', '.facts dt', '.facts dd', 'button.primary', '.outcome .bad', 'pre'];
    for (const selector of [...texts, '.method.get', '.method.post', '.method.put', '.method.delete']) {
      expect.soft(await contrast(page, selector), selector).toBeGreaterThanOrEqual(4.5);
    }
  });

  test('fits a narrow screen', async () => {
    const { page } = await open({ viewport: { width: 320, height: 640 } }, '#changeUserPermissions');
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  });
});
