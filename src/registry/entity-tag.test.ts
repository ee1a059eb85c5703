import { describe, expect, it } from 'vitest';
import { matchesEntityTag } from './entity-tag.ts';

describe('matchesEntityTag', () => {
  it.each([
    ['"sha256:aa"', true],
    ['W/"sha256:aa"', true],
    ['"x", "sha256:aa"', true],
    ['"x" , W/"sha256:aa",', true],
    ['*', true],
    ['"sha256:ab"', false],
    ['sha256:aa', false],
    ['', false],
    [undefined, false],
  ])('%s: %s', (header, expected) => {
    expect(matchesEntityTag(header, 'sha256:aa')).toBe(expected);
  });
});
