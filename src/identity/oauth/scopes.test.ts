import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OAUTH_SCOPES } from '../model.ts';
import { coversScopes, describeScopes, parseScopes } from './scopes.ts';

const ON = { superuserScope: true };

test.each([
  ['repo:read', ['repo:read']],
  ['user:read repo:read', ['repo:read', 'user:read']],
  ['repo:read,repo:write', ['repo:read', 'repo:write']],
  [' repo:read,  repo:read ', ['repo:read']],
  ['', undefined],
  [' , ', undefined],
  ['repo:read repo:delete', undefined],
  ['REPO:READ', undefined],
  ['repo:read\tuser:read', undefined],
  ['direct_user_login', undefined],
  ['repo:read '.repeat(100), undefined],
])('%j means %j', (text, scopes) => {
  expect(parseScopes(text, ON)).toEqual(scopes);
});

test('the scope of superusers is unknown where there are none', () => {
  expect(parseScopes('repo:read super:user', ON)).toEqual(['repo:read', 'super:user']);
  expect(parseScopes('repo:read super:user', { superuserScope: false })).toBeUndefined();
});

test('a set survives being written down, and one unknown word voids it', () => {
  fc.assert(
    fc.property(
      fc.subarray([...OAUTH_SCOPES], { minLength: 1 }),
      fc.constantFrom(' ', ','),
      fc.string(),
      (set, gap, word) => {
        expect(parseScopes(set.join(gap), ON)).toEqual(set);
        fc.pre(!/^[ ,]*$/.test(word) && word.split(/[ ,]/).some((part) => part !== '' && !set.includes(part as never)));
        fc.pre(!OAUTH_SCOPES.some((scope) => word.includes(scope)));
        expect(parseScopes([...set, word].join(gap), ON)).toBeUndefined();
      },
    ),
  );
});

test('some scopes include others, and none includes what it does not say', () => {
  expect(coversScopes(['repo:admin'], ['repo:read', 'repo:write', 'repo:admin'])).toBe(true);
  expect(coversScopes(['user:admin'], ['user:read'])).toBe(true);
  expect(coversScopes(['repo:write'], ['repo:admin'])).toBe(false);
  expect(coversScopes(['repo:admin', 'org:admin', 'user:admin'], ['super:user'])).toBe(false);
  expect(coversScopes([], ['repo:read'])).toBe(false);
});

test('what gives power over accounts is called dangerous', () => {
  const dangerous = describeScopes(OAUTH_SCOPES).filter((scope) => scope.dangerous);
  expect(dangerous.map(({ scope }) => scope)).toEqual(['user:admin', 'org:admin', 'super:user']);
});
