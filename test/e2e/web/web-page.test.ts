import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findComponent } from '../../../scripts/components.ts';
import { createWebHandler } from '../../../src/web-api/index.ts';
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

  /** Opens the page and gathers what the browser complains about, breaches of the content security policy included. */
  async function open(options: BrowserContextOptions = {}): Promise<{ page: Page; complaints: string[] }> {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => void complaints.push(message.text()));
    page.on('pageerror', (error) => void complaints.push(error.message));
    await page.goto(server.url);
    return { page, complaints };
  }

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

/** Contrast of the text of an element to what is behind it (WCAG 2.2, 1.4.3). */
async function contrast(page: Page, selector: string): Promise<number> {
  const colours: unknown = await page.evaluate(`(() => {
    const element = document.querySelector(${JSON.stringify(selector)});
    let behind = element;
    while (getComputedStyle(behind).backgroundColor === 'rgba(0, 0, 0, 0)') behind = behind.parentElement;
    return [getComputedStyle(element).color, getComputedStyle(behind).backgroundColor];
  })()`);
  const [text, ground] = (colours as [string, string]).map(luminance);
  const [dark, light] = [text ?? 0, ground ?? 0].toSorted((a, b) => a - b);
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = (colour.match(/\d+/g) ?? []).map((part) => {
    const value = Number(part) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
