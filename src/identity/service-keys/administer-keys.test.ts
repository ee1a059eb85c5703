import { expect, it } from 'vitest';
import { describeOnBothDatabases } from '../../../test/support/databases.ts';
import { createTestIdentity } from '../../../test/support/identity.ts';
import type { Database } from '../../platform/db/index.ts';
import { ANONYMOUS } from '../index.ts';
import { createKeyAdministration } from './administer-keys.ts';
import { findRegisteredKey, supersedeKey } from './registered-key-store.ts';

const BY = { actor: ANONYMOUS, clientAddress: '192.0.2.1' };

describeOnBothDatabases('keys that a superuser changes', (context) => {
  it('keep the end that they were given meanwhile, when their service replaced them', async () => {
    const { db } = context();
    const { keys } = createTestIdentity(db);
    const made = { service: 'replaced', name: 'old', metadata: {}, notes: '', expiresAt: undefined };
    const { kid } = await createKeyAdministration({ db, keys }).create(made, BY);
    const expiresAt = (await db.now()) + 300_000;
    // The service is quicker: between what the superuser's request reads and what it writes.
    const slow: Database = Object.create(db, {
      transaction: {
        value: async (work: Parameters<Database['transaction']>[0]) => {
          await db.transaction((tx) => supersedeKey(tx, kid, { kid: 'the next', expiresAt }));
          return db.transaction(work);
        },
      },
    });
    const changed = await createKeyAdministration({ db: slow, keys }).update(kid, { name: 'new' }, BY);
    expect(changed).toMatchObject({ name: 'new', expiresAt });
    expect(await findRegisteredKey(db, kid)).toMatchObject({
      name: 'new',
      expires_at: expiresAt,
      successor_kid: 'the next',
    });
  });
});
