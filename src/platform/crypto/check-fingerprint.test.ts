import { expect, test } from 'vitest';
import { describeOnBothDatabases } from '../../../test/support/databases.ts';
import { checkFingerprint, createSecretBox } from './index.ts';

describeOnBothDatabases('the key of a database', (context) => {
  test('is the first one it was used with; another one is refused', async () => {
    const box = await createSecretBox('first');
    await Promise.all([checkFingerprint(context().db, box), checkFingerprint(context().db, box)]);
    await checkFingerprint(context().db, await createSecretBox('first'));
    const other = await createSecretBox('second');
    await expect(checkFingerprint(context().db, other)).rejects.toThrow(/DATABASE_SECRET_KEY/);
    await checkFingerprint(context().db, box);
  });
});
