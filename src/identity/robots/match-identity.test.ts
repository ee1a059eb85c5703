import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitsPattern, mismatches } from './match-identity.ts';

const ISSUER = 'https://issuer.example.org';
const claims = {
  iss: ISSUER,
  sub: 'repo:acme/app:ref:refs/heads/main',
  aud: ['registry', 'other'],
  ref: 'refs/heads/main',
  ref_protected: true,
  run_attempt: 2,
  groups: ['build', 'release'],
  'kubernetes.io': { namespace: 'ci', serviceaccount: { name: 'builder' } },
  'https://example.org/roles': 'pusher',
};

describe('the conditions of a federated identity', () => {
  const issuer = ISSUER;
  it.each([
    ['the subject', { issuer, subject: claims.sub }],
    ['one of the audiences', { issuer, subject: claims.sub, audiences: ['nobody', 'other'] }],
    ['a claim', { issuer, claims: { ref: ['refs/heads/main'] } }],
    ['a pattern', { issuer, claims: { ref: ['refs/tags/*', 'refs/heads/*'] } }],
    ['a truth value and a number', { issuer, claims: { ref_protected: ['true'], run_attempt: ['2'] } }],
    ['one of several values', { issuer, claims: { groups: ['release'] } }],
    ['a claim inside another', { issuer, claims: { '/kubernetes.io/serviceaccount/name': ['builder'] } }],
    ['a claim with slashes in its name', { issuer, claims: { 'https://example.org/roles': ['pusher'] } }],
  ])('hold by %s', (_, identity) => {
    expect(mismatches(identity, claims)).toEqual([]);
  });

  it.each([
    ['issuer', { issuer: `${ISSUER}/`, subject: claims.sub }, /issuer is "https:\/\/issuer.example.org", not/],
    ['subject, which is no pattern', { issuer, subject: 'repo:acme/*' }, /subject is "repo:acme\/app.*not "repo:acme/],
    ['subject in another case', { issuer, subject: claims.sub.toUpperCase() }, /The subject/],
    ['audience', { issuer, subject: claims.sub, audiences: ['registry2'] }, /audience is \["registry","other"\]/],
    [
      'claim',
      { issuer, claims: { ref: ['refs/heads/release'] } },
      /claim "ref" is "refs\/heads\/main", which does not/,
    ],
    ['missing claim', { issuer, claims: { environment: ['*'] } }, /claim "environment" is missing/],
    ['object', { issuer, claims: { 'kubernetes.io': ['*'] } }, /claim "kubernetes.io"/],
    ['property of every object', { issuer, claims: { '/constructor/name': ['*'] } }, /is missing/],
  ])('do not hold by another %s', (_, identity, reason) => {
    expect(mismatches(identity, claims)).toEqual([expect.stringMatching(reason)]);
  });

  it('must all hold, and each that does not is told', () => {
    const identity = { issuer, subject: 'x', audiences: ['y'], claims: { ref: ['z'], groups: ['release'] } };
    expect(mismatches(identity, claims)).toHaveLength(3);
  });
});

describe('a pattern', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '*', '.', '/', '\\', '(') });

  it('fits what a regular expression says', () => {
    fc.assert(
      fc.property(text, text, (pattern, given) => {
        const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'));
        expect(fitsPattern(pattern, given)).toBe(new RegExp(`^${parts.join('[^]*')}$`).test(given));
      }),
      { numRuns: 2000 },
    );
  });

  it('fits what it was made of', () => {
    fc.assert(fc.property(fc.array(text), text, (parts, filling) => fitsPattern(parts.join('*'), parts.join(filling))));
  });

  it('costs little even when it is meant to cost much', () => {
    const pattern = `${'a*'.repeat(255)}b`;
    expect(fitsPattern(pattern, 'a'.repeat(16_000))).toBe(false);
  });
});
