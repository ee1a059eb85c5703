import { expect, it } from 'vitest';
import { describeOnBothDatabases } from '../../test/support/databases.ts';
import { ensureRepository } from './ensure-repository.ts';
import { grantRole } from './grant-role.ts';
import { resolveAccess } from './resolve-access.ts';
import { actorOf, addNamespace, POLICY, repositoryName } from './testing/catalog-fixture.ts';

describeOnBothDatabases('a role on a repository', (context) => {
  it('cannot be granted to who was deleted meanwhile', async () => {
    const { db } = context();
    const actor = actorOf(await addNamespace(db, 'ada'));
    const name = repositoryName('ada/app');
    await db.transaction((tx) => ensureRepository(tx, POLICY, actor, name));
    const { repository } = await resolveAccess(db, POLICY, actor, name);
    if (repository === undefined) throw new Error('There is no repository');
    for (const kind of ['team', 'user'] as const) {
      const grant = { repository, name, grantee: { kind, id: 987_654 }, granteeName: 'gone', actor };
      const granted = db.transaction((tx) => grantRole(tx, grant, 'write'));
      await expect(granted).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
        message: expect.stringContaining('gone') as string,
      });
    }
  });
});
