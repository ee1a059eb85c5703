import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { clockedDatabase } from '../../../test/support/clocked-database.ts';
import { describeOnBothDatabases } from '../../../test/support/databases.ts';
import { createFakeClock } from '../../../test/support/fake-clock.ts';
import { cheapPasswords, createTestIdentity } from '../../../test/support/identity.ts';
import { STANDING } from '../../../test/support/standing.ts';
import { createUser } from '../index.ts';

const SYSTEM = { kind: 'system', name: undefined } as const;
const HOUR = 3_600_000;
const HERE = { isLocal: true, address: '127.0.0.1' };
const ELSEWHERE = { isLocal: false, address: '192.0.2.1' };

describeOnBothDatabases('bootstrap tokens', (context) => {
  let home: string;
  let path: string;
  let people = 0;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'gantry-bootstrap-'));
    path = join(home, 'deep', 'token.json');
  });
  // Ends what a test has made.
  afterEach(async () => {
    await start('nobody', { enabled: false }).identity.bootstrapTokens.begin();
    rmSync(home, { recursive: true });
  });

  const start = (owner: string, options: { enabled?: boolean; named?: boolean } = {}) => {
    const clock = createFakeClock();
    const db = clockedDatabase(context().db, clock);
    const scopes = ['repo:read', 'super:user'] as const;
    const node = (enabled = options.enabled ?? true) =>
      createTestIdentity(db, {
        clock,
        settings: {
          bootstrap: { enabled, owner, path, lifetimeMs: HOUR, scopes },
          standing: { ...STANDING, namedSuperusers: new Set(options.named === false ? [] : [owner]) },
        },
      });
    return { clock, db, identity: node(), node };
  };
  const ownerName = () => `robot-master-${(people += 1)}`;
  const makeUser = (name: string) =>
    createUser(
      { db: context().db, passwords: cheapPasswords },
      { name, password: 'a-password', superuser: false },
      SYSTEM,
    );
  const written = () => (JSON.parse(readFileSync(path, 'utf8')) as { access_token: string }).access_token;

  it('are written at the start, for the owner of the process alone, and end after their time', async () => {
    const owner = ownerName();
    await makeUser(owner);
    const { clock, identity } = start(owner);
    await identity.bootstrapTokens.begin();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(Object.keys(JSON.parse(readFileSync(path, 'utf8')) as object)).toEqual(['access_token']);
    expect(await identity.authenticateAccessToken(written())).toMatchObject({
      name: owner,
      scopes: ['repo:read', 'super:user'],
    });
    clock.advance(HOUR);
    expect(await identity.authenticateAccessToken(written())).toBeUndefined();
    expect(readdirSync(join(home, 'deep'))).toEqual(['token.json']);
  });

  it('are exchanged for the next one, from anywhere in time and from this machine afterwards', async () => {
    const owner = ownerName();
    await makeUser(owner);
    const { clock, identity } = start(owner);
    const { bootstrapTokens: tokens } = identity;
    await tokens.begin();
    const first = written();
    expect(await tokens.renew(first, ELSEWHERE)).toBe('rotated');
    const second = written();
    expect(second).not.toBe(first);
    expect(await identity.authenticateAccessToken(first)).toBeUndefined();
    expect(await identity.authenticateAccessToken(second)).toMatchObject({ name: owner });
    // The one before is of no use any more, and neither is any other.
    for (const wrong of [first, 'x'.repeat(40), '', second.slice(0, 39), `${second.slice(0, 39)}~`]) {
      expect(await tokens.renew(wrong, HERE)).toBe('unknown');
    }
    clock.advance(HOUR);
    expect(await tokens.renew(second, ELSEWHERE)).toBe('unknown');
    expect(await tokens.renew(second, HERE)).toBe('rotated');
    expect(await identity.authenticateAccessToken(written())).toMatchObject({ name: owner });
  });

  it('of which two are asked for at once are made once, and the file has the one that works', async () => {
    const owner = ownerName();
    await makeUser(owner);
    const { identity } = start(owner);
    const { bootstrapTokens: tokens } = identity;
    await tokens.begin();
    const old = written();
    const both = await Promise.allSettled([tokens.renew(old, ELSEWHERE), tokens.renew(old, ELSEWHERE)]);
    expect(
      both.filter(({ status, ...rest }) => status === 'fulfilled' && 'value' in rest && rest.value === 'rotated'),
    ).toHaveLength(1);
    expect(await identity.authenticateAccessToken(written())).toMatchObject({ name: owner });
    expect(await identity.authenticateAccessToken(old)).toBeUndefined();
  });

  it('that cannot be written leave the old one as it was', async () => {
    const owner = ownerName();
    await makeUser(owner);
    const { identity } = start(owner);
    const { bootstrapTokens: tokens } = identity;
    await tokens.begin();
    const old = written();
    rmSync(join(home, 'deep'), { recursive: true });
    writeFileSync(join(home, 'deep'), 'a file where the directory was');
    await expect(tokens.renew(old, ELSEWHERE)).rejects.toMatchObject({ code: 'TOKEN_ROTATION_FAILED', status: 500 });
    expect(await identity.authenticateAccessToken(old)).toMatchObject({ name: owner });
    rmSync(join(home, 'deep'));
    expect(await tokens.renew(old, ELSEWHERE)).toBe('rotated');
    expect(await identity.authenticateAccessToken(written())).toMatchObject({ name: owner });
  });

  it('wait for their owner', async () => {
    const owner = ownerName();
    const { clock, identity } = start(owner);
    const stop = await identity.bootstrapTokens.begin();
    expect(existsSync(path)).toBe(false);
    await makeUser(owner);
    clock.advance(15_000);
    await untilWritten(path);
    expect(await identity.authenticateAccessToken(written())).toMatchObject({ name: owner });
    stop();
  });

  it('are for superusers alone', async () => {
    const nobody = ownerName();
    await makeUser(nobody);
    const other = start(nobody, { named: false });
    const end = await other.identity.bootstrapTokens.begin();
    expect(existsSync(path)).toBe(false);
    end();
    expect(other.clock.pending).toBe(0);
  });

  it('go on over a restart, and end when they are switched off', async () => {
    const owner = ownerName();
    await makeUser(owner);
    const { identity, node } = start(owner);
    await identity.bootstrapTokens.begin();
    const token = written();
    await node().bootstrapTokens.begin();
    expect(written()).toBe(token);
    await node(false).bootstrapTokens.begin();
    expect(existsSync(path)).toBe(false);
    expect(await identity.authenticateAccessToken(token)).toBeUndefined();
    expect(await node().bootstrapTokens.renew(token, HERE)).toBe('unknown');
  });
});

async function untilWritten(path: string): Promise<void> {
  while (!existsSync(path)) await new Promise((resolve) => setImmediate(resolve));
}
