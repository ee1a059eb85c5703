import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createFakeClock } from '../../../test/support/fake-clock.ts';
import { testBox } from '../../../test/support/identity.ts';
import { createSecretBox } from '../../platform/crypto/index.ts';
import { createPageTokens, nextPage, PAGE_TOKEN_LIFETIME_MS, type PagedList, pageTokenBox } from './page-token.ts';

const filters = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(undefined)));
const list = fc.record({ operation: fc.string(), filters });
const position = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);

const refused = expect.objectContaining({ code: 'PAGINATION_INVALID', status: 400 });
const clock = createFakeClock();
const tokens = createPageTokens(testBox, clock);
const open = (of: PagedList, token: string | undefined) => tokens.open(of, token, z.unknown());

describe('page tokens', () => {
  it('give back the position that they were made of', () => {
    fc.assert(
      fc.property(list, position, (of, where) => {
        expect(open(of, tokens.seal(of, where))).toEqual(where);
      }),
    );
  });

  it('hold for the list they came with, and for no other', () => {
    /** What a caller sees of a list: what is not given is no filter, and their order is nobody's business. */
    const meaning = (of: PagedList) =>
      JSON.stringify([
        of.operation,
        Object.entries(of.filters ?? {})
          .filter(([, v]) => v !== undefined)
          .toSorted(([a], [b]) => (a < b ? -1 : 1)),
      ]);
    fc.assert(
      fc.property(list, list, (one, other) => {
        const token = tokens.seal(one, 7);
        if (meaning(one) === meaning(other)) expect(open(other, token)).toBe(7);
        else expect(() => open(other, token)).toThrow(refused);
      }),
    );
    const token = tokens.seal({ operation: 'a', filters: { x: 1, y: 'b' } }, 7);
    expect(open({ operation: 'a', filters: { y: 'b', z: undefined, x: 1 } }, token)).toBe(7);
    expect(() => open({ operation: 'a', filters: { x: '1', y: 'b' } }, token)).toThrow(refused);
    expect(() => open({ operation: 'a' }, token)).toThrow(refused);
    expect(() => open({ operation: 'b', filters: { x: 1, y: 'b' } }, token)).toThrow(refused);
  });

  it('are refused when anything in them was changed, and when they were made up', () => {
    const of = { operation: 'listRepos', filters: { public: true } };
    const prefix = 'v1.'.length;
    const bytes = Buffer.from(tokens.seal(of, { after: 12 }).slice(prefix), 'base64url');
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (index, change) => {
        const changed = Buffer.from(bytes);
        changed[index] = (changed[index] ?? 0) ^ change;
        expect(() => open(of, `v1.${changed.toString('base64url')}`)).toThrow(refused);
      }),
    );
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'binary' }), (text) => {
        expect(() => open(of, text)).toThrow(refused);
        expect(() => open(of, `v1.${Buffer.from(text).toString('base64url')}`)).toThrow(refused);
      }),
    );
  });

  it('tell nothing of the position', () => {
    const token = tokens.seal({ operation: 'x' }, 'acme/secret-plans');
    expect(Buffer.from(token.slice(3), 'base64url').toString('latin1')).not.toContain('secret');
    expect(tokens.seal({ operation: 'x' }, 'acme/secret-plans')).not.toBe(token);
  });

  it('hold for two days', () => {
    const of = { operation: 'x' };
    const token = tokens.seal(of, 1);
    clock.advance(PAGE_TOKEN_LIFETIME_MS - 1);
    expect(open(of, token)).toBe(1);
    clock.advance(1);
    expect(() => open(of, token)).toThrow(refused);
    expect(PAGE_TOKEN_LIFETIME_MS).toBe(172_800_000);
  });

  it('have a bound, far above what any list makes', () => {
    expect(nextPage.safeParse('x'.repeat(5000)).success).toBe(false);
    const longest = tokens.seal({ operation: 'x' }, ['n'.repeat(255), 'n'.repeat(255)]);
    expect(nextPage.safeParse(longest).success).toBe(true);
  });

  it('mean the first page when there is none', () => {
    expect(open({ operation: 'x' }, undefined)).toBeUndefined();
    expect(open({ operation: 'x' }, '')).toBeUndefined();
  });

  it('are refused when the position is none that the list knows, as after an upgrade', () => {
    const token = tokens.seal({ operation: 'x' }, 'text');
    expect(() => tokens.open({ operation: 'x' }, token, z.int())).toThrow(refused);
  });

  it('are those of every node with the same key, and of no other', async () => {
    const of = { operation: 'x' };
    const token = tokens.seal(of, 1);
    const node = async (key: string | undefined) => createPageTokens(await pageTokenBox(key, testBox), clock);
    expect((await node(undefined)).open(of, token, z.unknown())).toBe(1);
    const keyed = (await node('a key for pages')).seal(of, 2);
    expect((await node('a key for pages')).open(of, keyed, z.unknown())).toBe(2);
    expect(() => open(of, keyed)).toThrow(refused);
    const foreign = createPageTokens(await createSecretBox('another instance'), clock);
    expect(() => foreign.open(of, token, z.unknown())).toThrow(refused);
  });
});
