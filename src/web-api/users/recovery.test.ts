import { beforeAll, expect, it } from 'vitest';
import { startAccountServer } from '../../../test/support/accounts.ts';
import { describeOnBothDatabases } from '../../../test/support/databases.ts';
import { cheapPasswords } from '../../../test/support/identity.ts';
import { codeIn, takeMails } from '../../../test/support/queued-mail.ts';
import { createUser } from '../../identity/index.ts';

const SYSTEM = { kind: 'system', name: undefined } as const;
const PASSWORD = 'a-good-password';

describeOnBothDatabases('recovering an account', (context) => {
  beforeAll(async () => {
    for (const name of ['ada', 'bob', 'cara']) {
      const user = { name, password: PASSWORD, email: `${name}@example.org`, superuser: false };
      await createUser({ db: context().db, passwords: cheapPasswords }, user, SYSTEM);
    }
  });

  it('sets a new password by a link that works once, and ends everything that there was', async () => {
    const { db } = context();
    await using server = await startAccountServer(db, { mail: true });
    const [ada, elsewhere] = [await server.browser(), await server.browser()];
    await elsewhere.signIn(PASSWORD, 'ada');
    const asked = await ada.call('POST', '/api/v1/recovery', { email: 'Ada@example.org' });
    expect([asked.status, await asked.json()]).toEqual([200, { status: 'sent' }]);
    await server.runJobs();
    const [mail] = await takeMails(db);
    expect(mail).toMatchObject({ to: 'ada@example.org', subject: 'Set a new password' });
    const code = codeIn(mail ?? { to: '', subject: '', text: '' });
    const rows = await db
      .read<{ mail_confirmation: { code_hash: string } }>()
      .selectFrom('mail_confirmation')
      .selectAll()
      .execute();
    expect(JSON.stringify(rows)).not.toContain(code);
    const shown = await fetch(`${server.url}/recovery?code=${code}`);
    expect(await shown.text()).toContain('type="password"');
    expect(await elsewhere.userName()).toBe('ada');
    const short = await server.sendForm('/recovery', { code, password: 'short' });
    expect([short.status, (await short.text()).includes('role="alert"')]).toEqual([400, true]);
    const tries = await Promise.all(
      [1, 2].map(() => server.sendForm('/recovery', { code, password: 'a-new-password' })),
    );
    expect(tries.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400]);
    expect(tries.every(({ headers }) => headers.get('set-cookie') === null)).toBe(true);
    expect(await elsewhere.userName()).toBeUndefined();
    expect((await ada.signIn(PASSWORD, 'ada')).status).toBe(403);
    expect((await ada.signIn('a-new-password', 'ada')).status).toBe(200);
    expect((await takeMails(db)).map(({ subject }) => subject)).toEqual(['Your password was changed']);
  });

  it('answers the same for an address of nobody’s, and by the same work', async () => {
    const { db } = context();
    await using server = await startAccountServer(db, { mail: true });
    const eve = await server.browser();
    const answers = [];
    for (const email of ['bob@example.org', 'nobody@example.org']) {
      const answer = await eve.call('POST', '/api/v1/recovery', { email });
      answers.push([answer.status, await answer.text(), [...answer.headers.keys()].toSorted()]);
    }
    expect(answers[0]).toEqual(answers[1]);
    // Nothing was looked up yet: both are one row of the queue, of the same kind.
    const jobs = db.read<{ job: { queue: string } }>().selectFrom('job').select('queue');
    expect(await jobs.where('queue', '=', 'recover_account').execute()).toHaveLength(2);
    await server.runJobs();
    expect((await takeMails(db)).map(({ to }) => to)).toEqual(['bob@example.org']);
  });

  it('floods nobody with mail, and offers nothing for a changed address', async () => {
    const { db } = context();
    await using server = await startAccountServer(db, { mail: true });
    const cara = await server.browser();
    for (let number = 0; number < 8; number += 1) {
      await cara.call('POST', '/api/v1/recovery', { email: 'cara@example.org' });
      await server.runJobs();
    }
    const mails = await takeMails(db);
    expect(mails).toHaveLength(5);
    await cara.signIn(PASSWORD, 'cara');
    await cara.call('PUT', '/api/v1/user/', { email: 'new-cara@example.org' });
    const change = (await takeMails(db))[0] ?? { to: '', subject: '', text: '' };
    expect(change.to).toBe('new-cara@example.org');
    expect((await server.sendForm('/confirm', { code: codeIn(change) })).status).toBe(200);
    expect((await takeMails(db)).map(({ to, subject }) => [to, subject])).toEqual([
      ['cara@example.org', 'Your e-mail address was changed'],
    ]);
    for (const mail of mails) {
      const late = await server.sendForm('/recovery', { code: codeIn(mail), password: 'a-new-password' });
      expect(late.status).toBe(400);
    }
  });

  it('has links that run out, and says so', async () => {
    const { db } = context();
    await using server = await startAccountServer(db, { mail: true, users: { recoveryLifetimeMs: 0 } });
    await (await server.browser()).call('POST', '/api/v1/recovery', { email: 'bob@example.org' });
    await server.runJobs();
    const [mail] = await takeMails(db);
    const code = codeIn(mail ?? { to: '', subject: '', text: '' });
    expect((await fetch(`${server.url}/recovery?code=${code}`)).status).toBe(400);
    expect((await server.sendForm('/recovery', { code, password: 'a-new-password' })).status).toBe(400);
    for (const crooked of ['', 'x', '"><script>alert(1)</script>', 'x'.repeat(5000)]) {
      for (const page of ['confirm', 'recovery']) {
        const answer = await fetch(`${server.url}/${page}?code=${encodeURIComponent(crooked)}`);
        expect(answer.status).toBeLessThan(500);
        expect(await answer.text()).not.toContain('<script>');
        expect((await server.sendForm(`/${page}`, { code: crooked, password: 'a-new-password' })).status).toBe(400);
      }
    }
  });

  it('is not there where no mail is sent', async () => {
    await using server = await startAccountServer(context().db, {
      ports: { featuresOff: new Set(['FEATURE_MAILING']) },
    });
    const answer = await (await server.browser()).call('POST', '/api/v1/recovery', { email: 'ada@example.org' });
    expect(answer.status).toBe(404);
  });
});
