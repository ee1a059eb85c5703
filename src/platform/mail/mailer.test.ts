import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeOnBothDatabases } from '../../../test/support/databases.ts';
import { createFakeClock } from '../../../test/support/fake-clock.ts';
import { silentLog, testBox } from '../../../test/support/identity.ts';
import { hasMailServer, startMailServer, type TestMailServer } from '../../../test/support/mail-server.ts';
import { makeAuthority } from '../../../test/support/openssl-authority.ts';
import { systemClock } from '../../kernel/clock.ts';
import { Secret } from '../config/index.ts';
import type { Database } from '../db/index.ts';
import { createJobQueue, JobRunner } from '../queue/index.ts';
import { createMailer, createSmtpClient, type Letter, type Mailer, type MailServer } from './index.ts';

const LETTER: Letter = {
  to: 'ada@example.org',
  subject: 'Grüße, 世界',
  paragraphs: ['Hello Ada,', 'a € for your thoughts.'],
  link: { label: 'Go on', url: 'https://registry.test/confirm?code=abc' },
};

function serverAt({ port }: { readonly port: number }, more: Partial<MailServer> = {}): MailServer {
  return { host: '127.0.0.1', port, startTls: false, credentials: undefined, sender: 'noreply@registry.test', ...more };
}

describe.skipIf(!hasMailServer)('mail', () =>
  describeOnBothDatabases('is a job that', (context) => {
    const make = (server: MailServer | undefined, clock = systemClock) => {
      const { db } = context();
      const queue = createJobQueue();
      const mailer = createMailer({ box: testBox, queue, clock, log: silentLog }, { server, title: 'Registry of Ada' });
      return { db, mailer, runner: new JobRunner({ db, clock, log: silentLog, handlers: mailer.jobs }) };
    };
    const put = (db: Database, mailer: Mailer, letter: Letter, uselessAt?: number) =>
      db.transaction((tx) => mailer.enqueue(tx, letter, uselessAt === undefined ? {} : { uselessAt }));
    const waiting = async (db: Database) =>
      db
        .read<{ job: { queue: string; payload: string; attempts: number; failed_at: number | null } }>()
        .selectFrom('job')
        .selectAll()
        .execute();

    it('arrives with both forms, its words as they are, and marked as written by a machine', async () => {
      await using server = await startMailServer();
      const { db, mailer, runner } = make(serverAt(server));
      await put(db, mailer, LETTER);
      const [row] = await waiting(db);
      expect(row?.payload).not.toContain('abc');
      expect(await runner.runOnce()).toBe(true);
      const mail = await server.next();
      expect(mail).toMatchObject({ from: 'noreply@registry.test', to: ['ada@example.org'], tls: false });
      const headers = Object.fromEntries(mail.headers);
      expect(headers).toMatchObject({
        subject: 'Grüße, 世界',
        from: 'Registry of Ada <noreply@registry.test>',
        to: 'ada@example.org',
        'auto-submitted': 'auto-generated',
      });
      expect(headers['message-id']).toMatch(/^<[0-9a-f-]{36}@registry\.test>$/);
      expect(mail.text).toContain('a € for your thoughts.');
      expect(mail.text).toContain('https://registry.test/confirm?code=abc');
      expect(mail.html).toContain('a € for your thoughts.');
      expect(await runner.runOnce()).toBe(false);
    });

    it('carries no header and no recipient that a text in it asks for', async () => {
      await using server = await startMailServer();
      const { db, mailer, runner } = make(serverAt(server));
      const evil = 'x\r\nBcc: eve@example.org\r\n\r\nbody\n.\nRCPT TO:<eve@example.org>';
      const expected = [
        'auto-submitted',
        'content-type',
        'date',
        'from',
        'message-id',
        'mime-version',
        'subject',
        'to',
        'x-auto-response-suppress',
      ];
      const texts = fc.oneof(
        fc.constant(evil),
        fc.string({ unit: fc.constantFrom('\r', '\n', ':', ' ', 'B', 'c', '.', '<', '>', '@', ',') }),
      );
      await fc.assert(
        fc.asyncProperty(texts, async (text) => {
          await put(db, mailer, { ...LETTER, subject: `About ${text}`, paragraphs: [text] });
          await runner.runOnce();
          const mail = await server.next();
          expect(mail.to).toEqual(['ada@example.org']);
          expect(mail.headers.map(([name]) => name).toSorted()).toEqual(expected);
        }),
        { numRuns: 25 },
      );
      for (const to of ['ada@example.org, eve@example.org', 'ada@example.org\r\nBcc: eve@example.org', 'ada']) {
        await expect(put(db, mailer, { ...LETTER, to })).rejects.toThrow('address');
      }
    });

    it('waits while the server is away or busy, and is given up when it is refused or of no use any more', async () => {
      await using server = await startMailServer();
      const clock = createFakeClock(Date.now());
      const { db, mailer, runner } = make(serverAt(server), clock);
      await put(db, mailer, { ...LETTER, to: 'busy@example.org' });
      await runner.runOnce();
      expect(await waiting(db)).toMatchObject([{ attempts: 1, failed_at: null }]);
      await db.transaction((tx) => tx.query<{ job: { queue: string } }>().deleteFrom('job').execute());

      const away = make(serverAt({ port: 1 }));
      await put(db, away.mailer, LETTER);
      await away.runner.runOnce();
      expect(await waiting(db)).toMatchObject([{ attempts: 1, failed_at: null }]);
      await db.transaction((tx) => tx.query<{ job: { queue: string } }>().deleteFrom('job').execute());

      await put(db, mailer, { ...LETTER, to: 'refused@example.org' });
      await put(db, mailer, LETTER, clock.now());
      expect([await runner.runOnce(), await runner.runOnce(), await runner.runOnce()]).toEqual([true, true, false]);
      expect(await waiting(db)).toEqual([]);
    });

    it('is not sent, and not kept, without a server', async () => {
      const { db, mailer } = make(undefined);
      expect(mailer.enabled).toBe(false);
      await put(db, mailer, LETTER);
      expect(await waiting(db)).toEqual([]);
    });
  }),
);

describe.skipIf(!hasMailServer)('mail over TLS', () => {
  const directory = mkdtempSync(join(tmpdir(), 'gantry-mail-'));
  const authority = makeAuthority('Mail authority');
  const builtIn = getCACertificates('default');
  const files = { certificate: join(directory, 'crt'), key: join(directory, 'key') };
  const account = { user: 'gantry', password: 'correct horse' };
  let server: TestMailServer;

  beforeAll(async () => {
    const issued = authority.issue('mail.test', 'IP:127.0.0.1', 'DNS:localhost');
    writeFileSync(files.certificate, issued.certificate);
    writeFileSync(files.key, issued.key);
    setDefaultCACertificates([...builtIn, authority.authority]);
    server = await startMailServer({ ...files, ...account });
  });
  afterAll(async () => {
    setDefaultCACertificates(builtIn);
    await server[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  const client = (more: Partial<MailServer> = {}) =>
    createSmtpClient(
      serverAt(server, {
        host: 'localhost',
        startTls: true,
        credentials: { user: account.user, password: new Secret(account.password) },
        ...more,
      }),
      10_000,
    );

  it('is sent after STARTTLS and signing in', async () => {
    const from = { name: 'Gantry', address: 'noreply@registry.test' };
    await client().send({ messageId: '<1@x>', from, to: 'ada@example.org', subject: 's', text: 't', html: 'h' });
    expect(await server.next()).toMatchObject({ tls: true, authenticated: true, to: ['ada@example.org'] });
  });

  it('is checked without being sent', async () => {
    await client().verify();
    const wrong = client({ credentials: { user: account.user, password: new Secret('wrong horse') } });
    await expect(wrong.verify()).rejects.toThrow(/MAIL_SERVER localhost:\d+: .*535/);
  });

  it('is not sent to a server with a certificate of nobody’s, or without TLS', async () => {
    setDefaultCACertificates(builtIn);
    try {
      await expect(client().verify()).rejects.toThrow(/certificate/);
    } finally {
      setDefaultCACertificates([...builtIn, authority.authority]);
    }
    await using open = await startMailServer();
    const asks = createSmtpClient(serverAt(open, { startTls: true }), 10_000);
    await expect(asks.verify()).rejects.toThrow(/STARTTLS/);
  });
});
