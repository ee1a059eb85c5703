import { readFile } from 'node:fs/promises';
import { hash as bcrypt } from '@node-rs/bcrypt';
import { expect, test } from 'vitest';
import { createPasswordHasher, PASSWORD_MAX } from './password-hasher.ts';

const CHEAP = { memoryKib: 64, passes: 1, parallelism: 1 };
const hasher = createPasswordHasher({ cost: CHEAP });

test('new hashes are argon2id with the recommended work factors', async () => {
  expect(await createPasswordHasher().hash('correct horse')).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
});

test('tells right from wrong passwords', async () => {
  const stored = await hasher.hash('correct horse');
  expect(await hasher.check('correct horse', stored)).toBe('right');
  expect(await hasher.check('correct horse ', stored)).toBe('wrong');
  expect(await hasher.check('', stored)).toBe('wrong');
});

test('checks a hash that another implementation made', async () => {
  // From the reference command-line tool: echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1
  const stored = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
  expect(await hasher.check('password', stored)).toBe('right-but-outdated');
  expect(await hasher.check('Password', stored)).toBe('wrong');
});

test('checks bcrypt hashes of both prefixes and asks for a new one', async () => {
  for (const version of ['2a', '2b'] as const) {
    const stored = await bcrypt('correct horse', { cost: 4, version });
    expect(stored).toContain(`$${version}$`);
    expect(await hasher.check('correct horse', stored)).toBe('right-but-outdated');
    expect(await hasher.check('wrong horse', stored)).toBe('wrong');
  }
});

test('asks for a new hash when the work factors have changed', async () => {
  const stored = await createPasswordHasher({ cost: { ...CHEAP, passes: 2 } }).hash('correct horse');
  expect(await hasher.check('correct horse', stored)).toBe('right-but-outdated');
});

test('an unknown account, a broken hash and an overlong password are wrong passwords', async () => {
  expect(await hasher.check('correct horse', undefined)).toBe('wrong');
  for (const stored of ['', 'plain', '$argon2id$v=19$m=9999999,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8']) {
    expect(await hasher.check('correct horse', stored)).toBe('wrong');
  }
  const long = 'x'.repeat(PASSWORD_MAX);
  expect(await hasher.check(`${long}yz`, await hasher.hash(long))).toBe('wrong');
});

test('a flood is refused with a time to come back', async () => {
  const small = createPasswordHasher({ cost: CHEAP, concurrency: 1, queueLimit: 2 });
  const results = await Promise.allSettled(Array.from({ length: 5 }, () => small.check('x', undefined)));
  expect(results.map((result) => result.status)).toEqual([
    'fulfilled',
    'fulfilled',
    'fulfilled',
    'rejected',
    'rejected',
  ]);
  expect(results[4]).toMatchObject({ reason: { code: 'TOO_MANY_REQUESTS', headers: { 'Retry-After': '2' } } });
  expect(await small.check('x', undefined)).toBe('wrong');
});

test('hashing leaves threads to those who read files meanwhile', async () => {
  const real = createPasswordHasher();
  let finished = 0;
  const hashes = Array.from({ length: 24 }, () => real.hash('correct-horse').then(() => (finished += 1)));
  // Opens, measures, reads and closes, each in the pool of threads that hashing uses too.
  await readFile(import.meta.filename);
  expect(finished).toBeLessThan(12);
  await Promise.all(hashes);
});
