import { beforeAll, expect, it } from 'vitest';
import { type AccountServerOptions, startAccountServer } from '../../../test/support/accounts.ts';
import { createTestDatabase, describeOnBothDatabases } from '../../../test/support/databases.ts';
import { cheapPasswords } from '../../../test/support/identity.ts';
import { codeIn, takeMails } from '../../../test/support/queued-mail.ts';
import { createOrganization, createUser } from '../../identity/index.ts';
import { AppError } from '../../kernel/errors.ts';

const SYSTEM = { kind: 'system', name: undefined } as const;
const PASSWORD = 'a-good-password';

describeOnBothDatabases('signing up', (context) => {
  let administrator = 0;

  beforeAll(async () => {
    const { db } = context();
    const root = { name: 'root', password: PASSWORD, email: 'root@example.org', superuser: true };
    ({ userId: administrator } = await createUser({ db, passwords: cheapPasswords }, root, SYSTEM));
  });

  const start = (options: AccountServerOptions = {}) => startAccountServer(context().db, options);
  const body = (username: string, more: Record<string, unknown> = {}) => ({ username, password: PASSWORD, ...more });

  it('makes an account that is signed in at once, and needs no address where no mail is sent', async () => {
    await using server = await start();
    const ada = await server.browser();
    const planted = ada.cookie;
    const made = await ada.call('POST', '/api/v1/user/', body('ada'));
    expect(made.status).toBe(200);
    expect(await made.json()).toMatchObject({ username: 'ada', email: null, verified: true, super_user: false });
    expect(ada.cookie).not.toBe(planted);
    expect(await ada.userName()).toBe('ada');
    const again = await (await server.browser()).call('POST', '/api/v1/user/', body('ada'));
    expect(again.status).toBe(400);
  });

  it('gives nobody more than an account, whatever the body says', async () => {
    await using server = await start();
    const eve = await server.browser();
    const wishes = {
      superuser: true,
      super_user: true,
      verified: true,
      enabled: true,
      owner_id: 1,
      id: 1,
      prompts: [],
    };
    await eve.call('POST', '/api/v1/user/', { ...body('eve'), ...wishes });
    await eve.call('PUT', '/api/v1/user/', { ...wishes, password_version: 9, is_me: false, company: undefined });
    const seen = (await (await eve.call('GET', '/api/v1/user/')).json()) as Record<string, unknown>;
    expect(seen).toMatchObject({ username: 'eve', super_user: false, global_readonly_super_user: false });
    expect((await eve.call('GET', '/api/v1/superuser/users/')).status).toBe(403);
  });

  it('is not there without FEATURE_USER_CREATION or FEATURE_DIRECT_LOGIN', async () => {
    for (const feature of ['FEATURE_USER_CREATION', 'FEATURE_DIRECT_LOGIN']) {
      await using server = await start({ ports: { featuresOff: new Set([feature]) } });
      const answer = await (await server.browser()).call('POST', '/api/v1/user/', body('nobody'));
      expect([404, 405]).toContain(answer.status);
    }
  });

  it('waits for the address to be confirmed where mail is sent, by more than opening the link', async () => {
    const { db } = context();
    await using server = await start({ mail: true });
    const bob = await server.browser();
    expect((await bob.call('POST', '/api/v1/user/', body('bob'))).status).toBe(400);
    const made = await bob.call('POST', '/api/v1/user/', body('bob', { email: 'Bob@example.org' }));
    expect(await made.json()).toEqual({ awaiting_verification: true });
    const [mail] = await takeMails(db);
    expect(mail).toMatchObject({ to: 'bob@example.org', subject: 'Confirm your e-mail address' });
    const refused = await bob.signIn(PASSWORD, 'bob');
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ needsEmailVerification: true, invalidCredentials: false });
    expect(await server.identity.authenticateBasic('bob', PASSWORD, '192.0.2.1')).toBeUndefined();
    const code = codeIn(mail ?? { to: '', subject: '', text: '' });
    const opened = await fetch(`${server.url}/confirm?code=${code}`);
    expect(opened.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(opened.headers.get('referrer-policy')).toBe('no-referrer');
    expect((await bob.signIn(PASSWORD, 'bob')).status).toBe(403);
    const pages = await Promise.all([1, 2, 3].map(() => server.sendForm('/confirm', { code })));
    expect(pages.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400, 400]);
    expect((await bob.signIn(PASSWORD, 'bob')).status).toBe(200);
    expect(await (await bob.call('GET', '/api/v1/user/')).json()).toMatchObject({
      email: 'bob@example.org',
      verified: true,
    });
  });

  it('tells only the holder of an address that it is in use, and never gives it away', async () => {
    const { db } = context();
    await using server = await start({ mail: true });
    const eve = await server.browser();
    const free = await eve.call('POST', '/api/v1/user/', body('eve-one', { email: 'free@example.org' }));
    const taken = await eve.call('POST', '/api/v1/user/', body('eve-two', { email: 'root@example.org' }));
    expect([free.status, await free.text()]).toEqual([taken.status, await taken.text()]);
    expect((await eve.call('GET', '/api/v1/users/eve-two')).status).toBe(200);
    expect((await takeMails(db)).map(({ to, subject }) => [to, subject])).toEqual([
      ['free@example.org', 'Confirm your e-mail address'],
      ['root@example.org', 'Your e-mail address is in use already'],
    ]);
    expect(await server.identity.authenticateBasic('root@example.org', PASSWORD, '192.0.2.2')).toMatchObject({
      name: 'root',
    });
  });

  it('floods no address with mail', async () => {
    const { db } = context();
    await using server = await start({ mail: true });
    const eve = await server.browser();
    for (let number = 0; number < 8; number += 1) {
      const answer = await eve.call('POST', '/api/v1/user/', body(`flood-${number}`, { email: 'victim@example.org' }));
      expect(answer.status).toBe(200);
    }
    expect(await takeMails(db)).toHaveLength(5);
  });

  it('needs an invitation with FEATURE_INVITE_ONLY_USER_CREATION, which also confirms its address', async () => {
    const { db } = context();
    await using server = await start({ mail: true, users: { inviteOnly: true } });
    const organization = await db.transaction((tx) =>
      createOrganization(tx, 'guild', { userId: administrator }, SYSTEM),
    );
    const cara = await server.browser();
    const email = 'cara@example.org';
    expect((await cara.call('POST', '/api/v1/user/', body('cara', { email }))).status).toBe(400);
    const wrong = body('cara', { email, invite_code: 'teaminvite:nothing' });
    expect((await cara.call('POST', '/api/v1/user/', wrong)).status).toBe(400);
    const code = await invite(server, organization, email);
    const made = await cara.call('POST', '/api/v1/user/', body('cara', { email, invite_code: code }));
    expect(made.status).toBe(200);
    expect(await made.json()).toMatchObject({ username: 'cara', email, organizations: [{ name: 'guild' }] });
  });

  const invite = async (
    server: Awaited<ReturnType<typeof start>>,
    organization: { readonly organizationId: number; readonly name: string },
    email: string,
  ): Promise<string> => {
    const { db } = context();
    const root = await server.browser();
    await root.signIn(PASSWORD, 'root');
    const answer = await root.call('PUT', `/api/v1/organization/${organization.name}/team/owners/invite/${email}`);
    expect(answer.status).toBeLessThan(300);
    const mails = await takeMails(db);
    return codeIn(mails.find(({ to }) => to === email) ?? { to: '', subject: '', text: '' });
  };

  it('keeps out the domains of BLACKLISTED_EMAIL_DOMAINS, with those below them', async () => {
    await using server = await start({ users: { blockedMailDomains: ['spam.example'] } });
    const eve = await server.browser();
    for (const email of ['a@spam.example', 'a@SPAM.example', 'a@x.spam.example']) {
      expect((await eve.call('POST', '/api/v1/user/', body('spammer', { email }))).status).toBe(400);
    }
    const email = 'a@nospam.example';
    expect((await eve.call('POST', '/api/v1/user/', body('nospammer', { email }))).status).toBe(200);
    await using open = await start();
    const other = await open.browser();
    expect((await other.call('POST', '/api/v1/user/', body('spam', { email: 'b@spam.example' }))).status).toBe(200);
  });

  it('asks for a name and a company with FEATURE_USER_METADATA, until they were given', async () => {
    await using server = await start({ users: { metadata: true } });
    const dan = await server.browser();
    const made = await dan.call('POST', '/api/v1/user/', body('dan'));
    expect(await made.json()).toMatchObject({ prompts: ['enter_company', 'enter_name'] });
    const details = { given_name: 'Dan', family_name: '<script>', company: '', location: null };
    const changed = await dan.call('PUT', '/api/v1/user/', details);
    expect(await changed.json()).toMatchObject({ ...details, prompts: [] });
    await using off = await start();
    const other = await off.browser();
    await other.call('POST', '/api/v1/user/', body('dora'));
    expect((await other.call('PUT', '/api/v1/user/', { company: 'x' })).status).toBe(400);
  });

  it('needs a proof of being human with FEATURE_RECAPTCHA', async () => {
    const check = (proof: string | undefined) => {
      if (proof !== 'human') throw new AppError('INVALID_REQUEST', 'no');
      return Promise.resolve();
    };
    await using server = await start({ ports: { recaptcha: { check, exempt: new Set(['root']) } } });
    const eve = await server.browser();
    expect((await eve.call('POST', '/api/v1/user/', body('robotic'))).status).toBe(400);
    const proven = body('humane', { recaptcha_response: 'human' });
    expect((await eve.call('POST', '/api/v1/user/', proven)).status).toBe(200);
    const root = await server.browser();
    await root.signIn(PASSWORD, 'root');
    expect((await root.call('POST', '/api/v1/user/', body('made-by-root'))).status).toBe(200);
  });
});

it('does not come before the first user, who would be kept out by it', async () => {
  const { db, drop } = await createTestDatabase('sqlite');
  try {
    await using server = await startAccountServer(db);
    const eve = await server.browser();
    const answer = await eve.call('POST', '/api/v1/user/', { username: 'eve', password: PASSWORD });
    expect(answer.status).toBe(403);
    expect(await server.identity.firstUser.pending()).toBe(true);
  } finally {
    await drop();
  }
});
