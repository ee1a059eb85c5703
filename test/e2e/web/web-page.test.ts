import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findComponent } from '../../../scripts/components.ts';
import { createWebHandler } from '../../../src/web-api/index.ts';
import { contrast, openPage } from '../../support/browser-page.ts';
import { startHttp, type TestServer } from '../../support/http.ts';

const browserPath = findComponent('chromium');

describe.skipIf(browserPath === undefined)('the page for browsers', () => {
  let server: TestServer;
  let browser: Browser;

  beforeAll(async () => {
    server = await startHttp({
      mounts: [
        {
          prefix: '/',
          errors: 'quay',
          handler: await createWebHandler(join(import.meta.dirname, '../../../web/public')),
        },
        { prefix: '/health', errors: 'quay', handler: ({ res }) => void res.end('{}') },
      ],
    });
    browser = await chromium.launch({ executablePath: browserPath ?? '', args: ['--no-sandbox'] });
  });

  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  const open = (options: BrowserContextOptions = {}) => openPage(browser, server.url, options);

  test("shows the commands with this server's address, and its health", async () => {
    const { page, complaints } = await open();
    const code = await page.locator('pre').allInnerTexts();
    expect(code[0]).toBe(`docker login 127.0.0.1:${server.port}`);
    expect(code[1]).toContain(`docker push 127.0.0.1:${server.port}/you/app:1.0`);
    await page.getByText('This server is healthy').waitFor();
    expect(complaints).toEqual([]);
  });

  test('tells without script which name to replace', async () => {
    const { page } = await open({ javaScriptEnabled: false });
    expect(await page.locator('noscript').innerText()).toContain('registry.example.org');
    expect(await page.locator('pre').first().innerText()).toBe('docker login registry.example.org');
  });

  test.each(['light', 'dark'] as const)('is legible in %s colours', async (colorScheme) => {
    const { page } = await open({ colorScheme });
    for (const selector of ['h1', '.host', '.lead', 'pre', 'pre var', 'footer p', 'footer a']) {
      expect.soft(await contrast(page, selector), selector).toBeGreaterThanOrEqual(4.5);
    }
  });

  test('fits a narrow screen and can be used by keyboard', async () => {
    const { page } = await open({ viewport: { width: 320, height: 600 } });
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the commands');
  });
});
