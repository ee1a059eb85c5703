import { expect, it } from 'vitest';
import { type ApiCall, startApi } from '../../../test/support/api.ts';
import { describeOnBothDatabases } from '../../../test/support/databases.ts';
import { ORGANIZATION_SETTINGS } from '../../../test/support/web-api.ts';
import type { IdentityTables } from '../../identity/index.ts';

describeOnBothDatabases('entities', (context) => {
  const names = async (call: ApiCall, path: string): Promise<readonly string[]> => {
    const { status, body } = await call('GET', path);
    expect(status).toBe(200);
    return (body['results'] as { name: string }[]).map(({ name }) => name);
  };

  it('are users by the beginning of their name, and what is in a namespace for its members', async () => {
    const { db } = context();
    await using api = await startApi(db);
    const owner = await api.person('devora');
    const stranger = await api.person('stranger');
    const limited = await api.person('limited', { scopes: ['repo:read'] });
    for (const name of ['dev', 'dev-a', 'develop', 'other']) await api.person(name);
    await owner.call('POST', '/organization/', { name: 'dev-inc' });
    const path = '/organization/dev-inc';
    await owner.call('PUT', `${path}/team/developers`, { role: 'member' });
    await owner.call('PUT', `${path}/team/testers`, { role: 'member' });
    await owner.call('PUT', `${path}/robots/deploy`);
    await owner.call('PUT', `${path}/robots/devbot`);
    await owner.call('PUT', '/user/robots/devbot');
    await owner.call('PUT', `${path}/team/testers/members/dev-a`);

    // Neither robots nor organizations of others, nor teams.
    expect(await names(stranger.call, '/entities/dev')).toEqual(['dev', 'dev-a', 'develop', 'devora']);
    const asked = '/entities/dev?namespace=dev-inc&includeTeams=true&includeOrgs=true';
    expect(await names(stranger.call, asked)).toEqual(['dev', 'dev-a', 'develop', 'devora']);
    expect((await stranger.call('GET', asked)).body['results']).not.toContainEqual(
      expect.objectContaining({ is_org_member: true }),
    );
    expect(await names(stranger.call, '/entities/dev?namespace=devora')).toEqual(['dev', 'dev-a', 'develop', 'devora']);
    expect(await names(api.anonymous, asked)).toEqual([]);
    expect(await names(limited.call, '/entities/stra')).toEqual(['stranger']);

    expect((await owner.call('GET', asked)).body).toEqual({
      results: [
        {
          name: 'developers',
          kind: 'team',
          is_org_member: true,
          avatar: expect.objectContaining({ name: 'developers', kind: 'team' }),
        },
        {
          name: 'dev-inc+devbot',
          kind: 'user',
          is_robot: true,
          is_org_member: true,
          avatar: expect.objectContaining({ kind: 'robot' }),
        },
        ...[
          ['dev', false],
          ['dev-a', true],
          ['develop', false],
          ['devora', true],
        ].map(([name, isMember]) => ({
          name,
          kind: 'user',
          is_robot: false,
          is_org_member: isMember,
          avatar: expect.objectContaining({ name, kind: 'user' }),
        })),
        { name: 'dev-inc', kind: 'org', is_org_member: true, avatar: expect.objectContaining({ kind: 'org' }) },
      ],
    });
    expect(await names(owner.call, '/entities/dev-inc%2Bde?namespace=dev-inc')).toEqual([
      'dev-inc+deploy',
      'dev-inc+devbot',
    ]);
    expect(await names(owner.call, '/entities/dev?namespace=devora')).toContain('devora+devbot');
    expect(await names(owner.call, '/entities/Test?namespace=dev-inc&includeTeams=1')).toEqual(['testers']);
    for (const none of ['%25', '_', 'd%25', 'ä', '~', 'dev%00', "d'"]) {
      expect(await names(owner.call, `/entities/${none}`)).toEqual([]);
    }
    // Who is disabled is not found.
    await db.transaction(async (tx) => {
      const disabled = tx.query<IdentityTables>().updateTable('namespace').set({ enabled: 0 });
      await disabled.where('name', '=', 'develop').execute();
    });
    expect(await names(stranger.call, '/entities/deve')).toEqual([]);
  });

  it('are found by their whole name only, where beginnings are not completed', async () => {
    await using api = await startApi(context().db, {
      organizations: { ...ORGANIZATION_SETTINGS, partialUserAutocomplete: false },
    });
    const seeker = await api.person('seeker');
    await api.person('hidden');
    await seeker.call('PUT', '/user/robots/builder');
    expect(await names(seeker.call, '/entities/hidde')).toEqual([]);
    expect(await names(seeker.call, '/entities/hidden')).toEqual(['hidden']);
    // His own robots are no secret.
    expect(await names(seeker.call, '/entities/bui?namespace=seeker')).toEqual(['seeker+builder']);
  });

  it('of another system are none where users are in the database', async () => {
    await using api = await startApi(context().db);
    const person = await api.person('linker');
    expect((await person.call('POST', '/entities/link/somebody')).status).toBe(404);
  });
});
