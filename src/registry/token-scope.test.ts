import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseRepositoryName, type RepositoryName } from '../kernel/reference.ts';
import { grantScope, parseTokenScopes, type ScopeAction, tokenAllows } from './token-scope.ts';

const CONTEXT = { libraryNamespace: 'library', hosts: ['registry.example:8443', 'registry.example'] };

function read(...parameters: string[]): string[] {
  return parseTokenScopes(parameters, CONTEXT).map(({ type, name, actions }) => `${type}:${name}:${actions.join(',')}`);
}

function name(text: string): RepositoryName {
  const parsed = parseRepositoryName(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}

describe('reading scopes', () => {
  test.each([
    [['repository:team/app:pull'], ['repository:team/app:pull']],
    [['repository:team/app:push,pull'], ['repository:team/app:pull,push']],
    [['repository:team/app:*'], ['repository:team/app:*']],
    [['repository:team/deep/app:pull'], ['repository:team/deep/app:pull']],
    [['repository:app:pull'], ['repository:library/app:pull']],
    [['repository:registry.example/team/app:pull'], ['repository:team/app:pull']],
    [['repository:registry.example:8443/team/app:pull'], ['repository:team/app:pull']],
    [['repository:10.0.0.1:5000/team/app:pull'], ['repository:team/app:pull']],
    [['repository:registry.example/app:pull'], ['repository:library/app:pull']],
    [['repository:other.example/app:pull'], ['repository:other.example/app:pull']],
    [['repository(plugin):team/app:pull'], ['repository:team/app:pull']],
    [['registry:catalog:*'], ['registry:catalog:*']],
  ])('%j asks for %j', (parameters, expected) => {
    expect(read(...parameters)).toEqual(expected);
  });

  test('repeated and space-joined scopes are the same, and one repository is asked for once', () => {
    const expected = ['repository:a/b:pull,push', 'repository:c/d:pull'];
    expect(read('repository:a/b:pull', 'repository:c/d:pull', 'repository:a/b:push')).toEqual(expected);
    expect(read('repository:a/b:pull repository:c/d:pull  repository:a/b:push')).toEqual(expected);
  });

  test.each([
    '',
    'repository',
    'repository:team/app',
    'repository:team/app:',
    'repository:team/app:admin',
    'repository::pull',
    'repository:Team/App:pull',
    'repository:team//app:pull',
    'registry:other:*',
    'registry:catalog:pull',
    'aws:team/app:pull',
    'offline_access',
    `repository:${'a'.repeat(300)}/b:pull`,
  ])('%j is dropped', (parameter) => {
    expect(read(parameter, 'repository:team/app:pull')).toEqual(['repository:team/app:pull']);
  });

  test('names of one component are dropped without a library namespace', () => {
    expect(parseTokenScopes(['repository:app:pull'], { libraryNamespace: undefined, hosts: [] })).toEqual([]);
  });

  test('too many or too long scopes are refused', () => {
    const many = Array.from({ length: 101 }, (_, i) => `repository:a/b${i}:pull`);
    expect(() => read(many.join(' '))).toThrow(expect.objectContaining({ code: 'TOKEN_REQUEST_INVALID' }));
    expect(read(...many.slice(1))).toHaveLength(100);
    const long = Array.from({ length: 30 }, (_, i) => `repository:a/${'b'.repeat(240)}${i}:pull`);
    expect(() => read(...long)).toThrow(expect.objectContaining({ code: 'TOKEN_REQUEST_INVALID' }));
  });

  const anyScope = fc.oneof(
    fc.string(),
    fc
      .tuple(
        fc.constantFrom('repository', 'registry', 'repository(plugin)', ''),
        fc.stringMatching(/^[a-z0-9./:_-]{0,40}$/),
        fc.constantFrom('pull', 'push', 'pull,push', '*', 'delete', 'x', ''),
      )
      .map((parts) => parts.join(':')),
  );

  test('whatever is sent, only well-formed scopes come out, once each', () => {
    fc.assert(
      fc.property(fc.array(anyScope, { maxLength: 20 }), (parameters) => {
        const scopes = parseTokenScopes(parameters, CONTEXT);
        expect(new Set(scopes.map((scope) => scope.name)).size).toBe(scopes.length);
        for (const scope of scopes) {
          expect(scope.actions.length).toBeGreaterThan(0);
          if (scope.type === 'repository') expect(parseRepositoryName(scope.name)).toBe(scope.name);
        }
      }),
    );
  });

  test('reading what was read changes nothing', () => {
    fc.assert(
      fc.property(fc.array(anyScope, { maxLength: 20 }), (parameters) => {
        const once = read(...parameters);
        expect(read(...once)).toEqual(once);
      }),
    );
  });
});

describe('granting', () => {
  const actions = fc.uniqueArray(fc.constantFrom<ScopeAction>('pull', 'push', 'delete', '*'));
  const rights = fc.uniqueArray(fc.constantFrom<'pull' | 'push' | '*'>('pull', 'push', '*'));

  test('never grants what the rights do not cover', () => {
    fc.assert(
      fc.property(actions, rights, (asked, held) => {
        const granted = grantScope(asked, held);
        for (const action of granted) {
          if (!held.includes('*')) expect(held).toContain(action === 'delete' ? 'push' : action);
          if (!asked.includes('*')) expect(asked).toContain(action);
        }
      }),
    );
  });

  test('"*" asks for everything that is held', () => {
    expect(grantScope(['*'], ['pull', 'push', '*'])).toEqual(['pull', 'push', 'delete', '*']);
    expect(grantScope(['*'], ['pull', 'push'])).toEqual(['pull', 'push', 'delete']);
    expect(grantScope(['*'], ['pull'])).toEqual(['pull']);
    expect(grantScope(['pull', 'push'], ['pull'])).toEqual(['pull']);
    expect(grantScope(['pull'], [])).toEqual([]);
  });

  test('a token allows what it names, for the repository that it names', () => {
    const access = [{ type: 'repository' as const, name: 'team/app', actions: ['pull', 'push'] }];
    expect(tokenAllows(access, name('team/app'), 'push')).toBe(true);
    expect(tokenAllows(access, name('team/app'), 'delete')).toBe(true);
    expect(tokenAllows(access, name('team/other'), 'pull')).toBe(false);
    expect(tokenAllows([{ type: 'repository', name: 'team/app', actions: ['pull'] }], name('team/app'), 'push')).toBe(
      false,
    );
    expect(tokenAllows([{ type: 'repository', name: 'team/app', actions: ['*'] }], name('team/app'), 'delete')).toBe(
      true,
    );
    expect(tokenAllows([{ type: 'registry', name: 'team/app', actions: ['*'] }], name('team/app'), 'pull')).toBe(false);
  });
});
