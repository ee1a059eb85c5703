import { describe, expect, it } from 'vitest';
import { startApi } from '../../../test/support/api.ts';
import { auditLogOf } from '../../../test/support/audit-log.ts';
import { describeOnBothDatabases } from '../../../test/support/databases.ts';
import { startHttp } from '../../../test/support/http.ts';
import { silentLog, testBox } from '../../../test/support/identity.ts';
import { hasMailServer, startMailServer } from '../../../test/support/mail-server.ts';
import { ORGANIZATION_SETTINGS, webApiPorts } from '../../../test/support/web-api.ts';
import { findOrganization, type IdentityTables } from '../../identity/index.ts';
import { systemClock } from '../../kernel/clock.ts';
import type { Database } from '../../platform/db/index.ts';
import { createMailer } from '../../platform/mail/index.ts';
import { createJobQueue, JobRunner } from '../../platform/queue/index.ts';
import { createMailLinkPages } from '../index.ts';

describe.skipIf(!hasMailServer)('invitations', () =>
  describeOnBothDatabases('to teams', (context) => {
    let companies = 0;

    /** A registry that sends mail, with an organization and its team `devs`. */
    const start = async (requireTeamInvite = true) => {
      const { db } = context();
      const mails = await startMailServer();
      const settings = {
        host: '127.0.0.1',
        port: mails.port,
        startTls: false,
        credentials: undefined,
        sender: 'noreply@registry.test',
      };
      const ports = { box: testBox, queue: createJobQueue(), clock: systemClock, log: silentLog };
      const mailer = createMailer(ports, { server: settings, title: 'A registry' });
      const runner = new JobRunner({ db, clock: systemClock, log: silentLog, handlers: mailer.jobs });
      const organizations = { ...ORGANIZATION_SETTINGS, requireTeamInvite };
      const api = await startApi(db, { mailer, organizations });
      const number = (companies += 1);
      const orgname = `company${number}`;
      const owner = await api.person(`owner${number}`, { email: `owner${number}@acme.test` });
      const guest = await api.person(`guest${number}`, { email: `guest${number}@acme.test` });
      await owner.call('POST', '/organization/', { name: orgname, email: 'hq@acme.test' });
      const path = `/organization/${orgname}`;
      await owner.call('PUT', `${path}/team/devs`, { role: 'member' });
      await owner.call('PUT', `${path}/team/ops`, { role: 'member' });
      const { id } = (await findOrganization(db, orgname)) ?? expect.fail('the organization is not there');
      /** The next mail, and the code in its link. */
      const receive = async () => {
        expect(await runner.runOnce()).toBe(true);
        const mail = await mails.next();
        const code = /\/confirminvite\?code=([A-Za-z0-9]+)/.exec(mail.text)?.[1] ?? expect.fail('there is no link');
        return { ...mail, code };
      };
      const members = async () => {
        const { body } = await owner.call('GET', `${path}/team/devs/members?includePending=true`);
        return (body['members'] as { name?: string; email?: string; invited: boolean }[]).map(
          ({ name, email, invited }) => [name ?? email, invited],
        );
      };
      const close = async () => {
        await api[Symbol.asyncDispose]();
        await mails[Symbol.asyncDispose]();
      };
      const log = async () => (await auditLogOf(db, id)).filter(({ kind }) => kind.includes('member'));
      return { db, api, owner, guest, orgname, path, number, receive, members, log, [Symbol.asyncDispose]: close };
    };

    const age = (db: Database, milliseconds: number) =>
      db.transaction(async (tx) => {
        await tx
          .query<IdentityTables>()
          .updateTable('team_invite')
          .set((row) => ({
            created_at: row('created_at', '-', milliseconds),
            expires_at: row('expires_at', '-', milliseconds),
          }))
          .execute();
      });

    it('ask a user who is in no team yet, by mail, and let him in when he agrees', async () => {
      await using registry = await start();
      const { owner, guest, orgname, path, receive, members, log, api, number } = registry;
      const put = await owner.call('PUT', `${path}/team/devs/members/${guest.name}`);
      expect(put).toMatchObject({ status: 200, body: { name: guest.name, invited: true } });
      expect(await members()).toEqual([[guest.name, true]]);
      expect((await owner.call('GET', `${path}/team/devs/members`)).body['members']).toEqual([]);
      const mail = await receive();
      expect(mail.to).toEqual([`${guest.name}@acme.test`]);
      expect(mail.text).toContain(`"${owner.name}" invites you to the team "devs"`);
      expect((await guest.call('GET', path)).body).toMatchObject({ is_member: false });

      // It is his alone, and works once.
      const other = await api.person(`other${number}`);
      expect((await other.call('PUT', `/teaminvite/${mail.code}`)).status).toBe(404);
      expect((await other.call('DELETE', `/teaminvite/${mail.code}`)).status).toBe(404);
      expect((await api.anonymous('PUT', `/teaminvite/${mail.code}`)).status).toBe(401);
      expect(await guest.call('PUT', `/teaminvite/${mail.code}`)).toEqual({
        status: 200,
        body: { org: orgname, team: 'devs' },
      });
      expect((await guest.call('PUT', `/teaminvite/${mail.code}`)).status).toBe(404);
      expect(await members()).toEqual([[guest.name, false]]);
      // Who is in the organization is not asked again.
      expect((await owner.call('PUT', `${path}/team/ops/members/${guest.name}`)).body).toMatchObject({
        invited: false,
      });
      expect(await log()).toEqual([
        {
          kind: 'org_invite_team_member',
          actor: owner.name,
          metadata: { user: guest.name, member: guest.name, team: 'devs' },
        },
        {
          kind: 'org_team_member_invite_accepted',
          actor: guest.name,
          metadata: { member: guest.name, team: 'devs', inviter: owner.name },
        },
        { kind: 'org_add_team_member', actor: owner.name, metadata: { member: guest.name, team: 'ops' } },
      ]);
    });

    it('end when who was invited is removed from the organization', async () => {
      await using registry = await start();
      const { owner, guest, path, receive, log } = registry;
      const codes: string[] = [];
      for (const team of ['devs', 'ops']) {
        await owner.call('PUT', `${path}/team/${team}/members/${guest.name}`);
        codes.push((await receive()).code);
      }
      await owner.call('PUT', `${path}/team/ops/invite/${guest.name}@acme.test`);
      codes.push((await receive()).code);
      const [first = '', ...others] = codes;
      expect((await guest.call('PUT', `/teaminvite/${first}`)).status).toBe(200);
      expect((await owner.call('DELETE', `${path}/members/${guest.name}`)).status).toBe(204);
      for (const code of others) expect((await guest.call('PUT', `/teaminvite/${code}`)).status).toBe(404);
      expect((await guest.call('GET', path)).body).toMatchObject({ is_member: false });
      const taken = (await log()).filter(({ kind }) => kind === 'org_delete_team_member_invite');
      const entry = { actor: owner.name, metadata: { user: guest.name, member: guest.name, team: 'ops' } };
      expect(taken).toMatchObject([entry, entry]);
    });

    it('reach whoever reads the mail of an address', async () => {
      await using registry = await start();
      const { owner, guest, path, receive, members, log, api, number } = registry;
      const address = `Someone${number}@Example.org`;
      expect(await owner.call('PUT', `${path}/team/devs/invite/${address}`)).toEqual({
        status: 200,
        body: {
          email: address.toLowerCase(),
          kind: 'invite',
          avatar: expect.objectContaining({ name: address.toLowerCase() }),
          invited: true,
        },
      });
      expect(await members()).toEqual([[address.toLowerCase(), true]]);
      const { code, to } = await receive();
      expect(to).toEqual([address.toLowerCase()]);
      const newcomer = await api.person(`newcomer${number}`);
      expect((await newcomer.call('PUT', `/teaminvite/${code}`)).status).toBe(200);
      expect(await members()).toEqual([[newcomer.name, false]]);
      expect((await guest.call('PUT', `${path}/team/devs/invite/x@example.org`)).status).toBe(403);
      for (const wrong of ['nobody', 'a@b@c', 'a b@example.org', 'x@example.org%0d%0aBcc:y@example.org']) {
        expect((await owner.call('PUT', `${path}/team/devs/invite/${wrong.replace(' ', '%20')}`)).status).toBe(400);
      }
      expect((await owner.call('PUT', `${path}/team/none/invite/x@example.org`)).status).toBe(404);
      const email = address.toLowerCase();
      expect(await log()).toEqual([
        { kind: 'org_invite_team_member', actor: owner.name, metadata: { email, member: email, team: 'devs' } },
        {
          kind: 'org_team_member_invite_accepted',
          actor: newcomer.name,
          metadata: { member: newcomer.name, team: 'devs', inviter: owner.name },
        },
      ]);
    });

    it('are accepted on the page that the link leads to, by who proves who he is', async () => {
      await using registry = await start();
      const { db, owner, guest, path, receive, members, api } = registry;
      await owner.call('PUT', `${path}/team/devs/members/${guest.name}`);
      const { code } = await receive();
      const handler = createMailLinkPages(webApiPorts(db, api.identity)).invite;
      await using pages = await startHttp({ mounts: [{ prefix: '/confirminvite', errors: 'quay', handler }] });
      const shown = await fetch(`${pages.url}/confirminvite?code=${code}`);
      expect(await shown.text()).toContain(`value="${code}"`);
      // Programs that open every link in a mail accept nothing by that.
      expect(await members()).toEqual([[guest.name, true]]);
      const send = async (username: string, password: string) => {
        const body = new URLSearchParams({ code, username, password });
        const answer = await fetch(`${pages.url}/confirminvite`, { method: 'POST', body });
        return [answer.status, /<h1>(.*?)<\/h1>/.exec(await answer.text())?.[1]];
      };
      expect(await send(guest.name, 'wrong-password')).toEqual([403, 'Join the team']);
      expect(await send(owner.name, 'a-password')).toEqual([400, 'This link does not work']);
      expect(await send(guest.name, 'a-password')).toEqual([200, 'You are in the team']);
      expect(await send(guest.name, 'a-password')).toEqual([400, 'This link does not work']);
      expect(await members()).toEqual([[guest.name, false]]);
    });

    it('are accepted with making an account, once', async () => {
      await using registry = await start();
      const { owner, path, receive, members, api, number } = registry;
      await owner.call('PUT', `${path}/team/devs/invite/new${number}@example.org`);
      const { code } = await receive();
      const cookie = api.identity.sessions.newCookie();
      const signUp = (name: string) =>
        fetch(`${api.server.url}/api/v1/user/`, {
          method: 'POST',
          headers: {
            'Content-Type': 'application/json',
            'X-CSRF-Token': api.identity.csrf.of(cookie),
            Cookie: `_csrf_token=${cookie}`,
          },
          body: JSON.stringify({
            username: `${name}${number}`,
            password: 'a-password',
            email: `${name}${number}@example.org`,
            invite_code: code,
          }),
        });
      expect((await signUp('new')).status).toBe(200);
      expect(await members()).toEqual([[`new${number}`, false]]);
      await signUp('late');
      expect(await members()).toEqual([[`new${number}`, false]]);
    });

    it('end when they are declined, taken back, sent anew, or too old', async () => {
      await using registry = await start();
      const { db, owner, guest, path, receive, members, log } = registry;
      const invite = () => owner.call('PUT', `${path}/team/devs/members/${guest.name}`);
      await invite();
      const declined = await receive();
      expect((await guest.call('DELETE', `/teaminvite/${declined.code}`)).status).toBe(204);
      expect((await guest.call('PUT', `/teaminvite/${declined.code}`)).status).toBe(404);

      await invite();
      const back = await receive();
      expect((await owner.call('DELETE', `${path}/team/devs/members/${guest.name}`)).status).toBe(204);
      expect((await guest.call('PUT', `/teaminvite/${back.code}`)).status).toBe(404);

      const byMail = `${path}/team/devs/invite/x@example.org`;
      await owner.call('PUT', byMail);
      const taken = await receive();
      expect((await owner.call('DELETE', byMail)).status).toBe(204);
      expect((await owner.call('DELETE', byMail)).status).toBe(404);
      expect((await guest.call('PUT', `/teaminvite/${taken.code}`)).status).toBe(404);

      await invite();
      const first = await receive();
      // Not again at once, so that nobody's mailbox is filled.
      expect((await invite()).status).toBe(429);
      await age(db, 61_000);
      expect((await invite()).status).toBe(200);
      const second = await receive();
      expect((await guest.call('PUT', `/teaminvite/${first.code}`)).status).toBe(404);
      await age(db, 30 * 86_400_000);
      expect(await members()).toEqual([]);
      expect((await guest.call('PUT', `/teaminvite/${second.code}`)).status).toBe(404);
      expect((await log()).map(({ kind }) => kind)).toEqual([
        'org_invite_team_member',
        'org_team_member_invite_declined',
        'org_invite_team_member',
        'org_delete_team_member_invite',
        'org_invite_team_member',
        'org_delete_team_member_invite',
        'org_invite_team_member',
        'org_invite_team_member',
      ]);
    });

    it('go with their team and their organization', async () => {
      await using registry = await start();
      const { owner, guest, path, receive } = registry;
      await owner.call('PUT', `${path}/team/devs/members/${guest.name}`);
      const devs = await receive();
      await owner.call('DELETE', `${path}/team/devs`);
      expect((await guest.call('PUT', `/teaminvite/${devs.code}`)).status).toBe(404);
      await owner.call('PUT', `${path}/team/ops/members/${guest.name}`);
      const ops = await receive();
      expect((await owner.call('DELETE', path)).status).toBe(204);
      expect((await guest.call('PUT', `/teaminvite/${ops.code}`)).status).toBe(404);
    });

    it('are not needed where that is set, nor for robots; who has no address cannot be asked', async () => {
      await using closed = await start();
      const { owner, path, orgname, api, number } = closed;
      await owner.call('PUT', `${path}/robots/ci`);
      const robot = await owner.call('PUT', `${path}/team/devs/members/${orgname}%2Bci`);
      expect(robot.body).toMatchObject({ invited: false });
      const silent = await api.person(`silent${number}`);
      const refused = await owner.call('PUT', `${path}/team/devs/members/${silent.name}`);
      expect(refused).toMatchObject({ status: 400, body: { detail: expect.stringContaining('no e-mail address') } });
      expect((await owner.call('POST', '/organization/', { name: `${orgname}x` })).status).toBe(400);

      await using open = await start(false);
      const direct = await open.owner.call('PUT', `${open.path}/team/devs/members/${open.guest.name}`);
      expect(direct.body).toMatchObject({ invited: false });
      expect(await open.members()).toEqual([[open.guest.name, false]]);
    });
  }),
);

describeOnBothDatabases('without a mail server', (context) => {
  it('users join teams without being asked, and there are no invitations', async () => {
    await using api = await startApi(context().db, { featuresOff: new Set(['FEATURE_MAILING']) });
    const [owner, guest] = [await api.person('owner'), await api.person('guest')];
    expect((await owner.call('POST', '/organization/', { name: 'quiet' })).status).toBe(201);
    await owner.call('PUT', '/organization/quiet/team/devs', { role: 'member' });
    expect((await owner.call('PUT', '/organization/quiet/team/devs/members/guest')).body).toMatchObject({
      invited: false,
    });
    expect((await guest.call('GET', '/organization/quiet')).body).toMatchObject({ is_member: true });
    for (const [method, path] of [
      ['PUT', '/organization/quiet/team/devs/invite/x@example.org'],
      ['PUT', '/teaminvite/x'],
    ] as const) {
      expect((await owner.call(method, path)).status).toBe(404);
    }
  });
});
