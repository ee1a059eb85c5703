import type { IdentitySettings, StandingRules } from '../../src/identity/index.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import type { Database } from '../../src/platform/db/index.ts';
import { createMailer } from '../../src/platform/mail/index.ts';
import { createJobQueue, JobRunner } from '../../src/platform/queue/index.ts';
import {
  createCsrfTokenHandler,
  createMailLinkPages,
  createWebApi,
  type WebApiPorts,
} from '../../src/web-api/index.ts';
import { Browser } from './browser.ts';
import { startHttp } from './http.ts';
import { createTestIdentity, IDENTITY_SETTINGS, silentLog, testBox } from './identity.ts';
import { webApiPorts } from './web-api.ts';

export interface AccountServerOptions {
  readonly mail?: boolean;
  readonly users?: Partial<IdentitySettings['users']>;
  readonly standing?: Partial<StandingRules>;
  readonly ports?: Partial<WebApiPorts>;
}

/** The API, the CSRF token and the pages behind links of mails, as a browser reaches them. */
export async function startAccountServer(
  db: Database,
  { mail = false, users, standing, ports }: AccountServerOptions = {},
) {
  const server = {
    host: '127.0.0.1',
    port: 1,
    startTls: false,
    credentials: undefined,
    sender: 'noreply@registry.test',
  };
  const mailer = createMailer(
    { box: testBox, queue: createJobQueue(), clock: systemClock, log: silentLog },
    { server: mail ? server : undefined, title: 'Registry' },
  );
  const identity = createTestIdentity(db, {
    mailer,
    settings: {
      users: { ...IDENTITY_SETTINGS.users, ...users },
      standing: { ...IDENTITY_SETTINGS.standing, ...standing },
    },
  });
  const all = { ...webApiPorts(db, identity), mailer, ...ports };
  const pages = createMailLinkPages(all);
  const http = await startHttp({
    mounts: [
      { prefix: '/api/v1', errors: 'quay', handler: createWebApi(all) },
      { prefix: '/csrf_token', errors: 'quay', handler: createCsrfTokenHandler(all) },
      { prefix: '/confirm', errors: 'quay', handler: pages.confirm },
      { prefix: '/recovery', errors: 'quay', handler: pages.recovery },
    ],
  });
  const runner = new JobRunner({ db, clock: systemClock, log: silentLog, handlers: identity.users.recovery.jobs });
  return {
    identity,
    url: http.url,
    async browser() {
      const browser = new Browser(http.url);
      await browser.open();
      return browser;
    },
    /** Sends the form of a page behind a link. */
    sendForm: (path: string, fields: Record<string, string>) =>
      fetch(http.url + path, { method: 'POST', body: new URLSearchParams(fields) }),
    async runJobs() {
      while (await runner.runOnce());
    },
    [Symbol.asyncDispose]: () => http.close(),
  };
}
