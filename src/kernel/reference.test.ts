import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isNamespaceName,
  parseRepositoryName,
  parseTag,
  REPOSITORY_NAME_MAX,
  splitRepositoryName,
} from './reference.ts';

const word = fc.string({ unit: fc.constantFrom(...'abz059'.split('')), minLength: 1, maxLength: 6 });
const separator = fc.constantFrom('.', '_', '__', '-', '---');
const component = fc
  .tuple(word, fc.array(fc.tuple(separator, word), { maxLength: 3 }))
  .map(([first, rest]) => first + rest.flat().join(''));
const name = fc.array(component, { minLength: 2, maxLength: 6 }).map((parts) => parts.join('/'));

describe('repository names', () => {
  test('made by the grammar are accepted up to the longest, and split at the first slash', () => {
    fc.assert(
      fc.property(name, (text) => {
        const parsed = parseRepositoryName(text);
        expect(parsed).toBe(text.length <= REPOSITORY_NAME_MAX ? text : undefined);
        if (parsed === undefined) return;
        const { namespace, repository } = splitRepositoryName(parsed);
        expect(`${namespace}/${repository}`).toBe(text);
        expect(namespace).not.toContain('/');
      }),
    );
  });

  test('of one component belong to the library, if there is one', () => {
    fc.assert(
      fc.property(component, (text) => {
        expect(parseRepositoryName(text)).toBeUndefined();
        expect(parseRepositoryName(text, 'library')).toBe(`library/${text}`);
      }),
    );
  });

  test('with a foreign character anywhere are refused', () => {
    const foreign = fc.constantFrom('A', ' ', '%', '\n', '\0', ':', '@', '\\', '?', 'é', '~');
    fc.assert(
      fc.property(name, fc.nat(), foreign, (text, place, other) => {
        const at = place % (text.length + 1);
        expect(parseRepositoryName(text.slice(0, at) + other + text.slice(at), 'library')).toBeUndefined();
      }),
    );
  });

  test.each([
    '',
    '/',
    'a/',
    '/a',
    'a//b',
    'a/../b',
    'a/.b',
    'a/b.',
    'a/-b',
    'a/b-',
    'a/b..c',
    'a/b___c',
    'a/b._c',
    'a/b\n',
  ])('"%s" is refused', (text) => {
    expect(parseRepositoryName(text, 'library')).toBeUndefined();
  });

  test.each(['a/blobs', 'blobs/uploads', 'a/manifests/b', 'tags/list', 'v2/auth', 'a/b__c', 'a/b---c', '0/1'])(
    '"%s" is accepted',
    (text) => {
      expect(parseRepositoryName(text)).toBe(text);
    },
  );

  test('take no longer for hostile texts', () => {
    // A backtracking expression would need hours for these.
    for (const part of ['a-', 'a_', 'a.', 'a']) expect(parseRepositoryName(`${part.repeat(100)}!`)).toBeUndefined();
    expect(parseRepositoryName('a'.repeat(10_000_000))).toBeUndefined();
  });
});

describe('tags', () => {
  const first = fc.constantFrom(...'aZ09_'.split(''));
  const rest = fc.string({ unit: fc.constantFrom(...'aZ09_.-'.split('')), maxLength: 127 });

  test('made by the grammar are accepted', () => {
    fc.assert(fc.property(first, rest, (head, tail) => parseTag(head + tail) === head + tail));
  });

  test.each(['', '.a', '-a', 'a b', 'a/b', 'a:b', 'a\n', 'ä', 'a'.repeat(129)])('"%s" is refused', (text) => {
    expect(parseTag(text)).toBeUndefined();
  });
});

test('every namespace can be the first part of a repository name', () => {
  fc.assert(
    fc.property(component, (text) => {
      if (isNamespaceName(text)) expect(parseRepositoryName(`${text}/a`)).toBe(`${text}/a`);
    }),
  );
  expect(['ab', 'a-b', 'a.b', 'a_b', 'a', '', 'a--b', 'A1', 'a/b', '-ab', 'ab\n'].filter(isNamespaceName)).toEqual([
    'ab',
    'a-b',
    'a.b',
    'a_b',
  ]);
  expect(isNamespaceName('a'.repeat(256))).toBe(false);
});
