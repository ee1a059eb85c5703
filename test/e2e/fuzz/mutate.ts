import type { Random } from '../../support/random.ts';
import type { Draft } from './rules.ts';

const ODD_TEXT = [
  '',
  '%',
  '%00',
  '%2F',
  '%2e%2e',
  '..',
  '%c3%28',
  '%zz',
  'A',
  '_',
  '-',
  '\u00e9',
  'a'.repeat(300),
  'x'.repeat(9000),
  "';--",
  '${x}',
  '%0d%0aX: y',
];
const ODD_NUMBERS = ['-1', '0', '1e9', '9007199254740993', '18446744073709551616', '0x10', 'NaN', '', ' 1', '1,2'];
const ODD_HEADERS: readonly (readonly [string, readonly string[]])[] = [
  [
    'range',
    [
      'bytes=',
      'bytes=9-1',
      'bytes=-0',
      'bytes=99999999999999999999-',
      'items=0-1',
      `bytes=${'0-0,'.repeat(500)}0-0`,
      'bytes=a-b',
    ],
  ],
  ['content-range', ['bytes 0-1/2', '5-1', '-', '0-99999999999999999999', 'x', '1-2,3-4']],
  [
    'content-type',
    [
      '',
      'text/plain',
      'application/json; charset=utf-16',
      'a',
      '/',
      'application/vnd.docker.distribution.manifest.v1+prettyjws',
      'x/'.repeat(2000),
    ],
  ],
  ['accept', ['', 'text/html', ';;;', 'application/vnd.oci.image.manifest.v1+json;q=0', ',,,'.repeat(1000)]],
  ['if-none-match', ['*', '"', 'W/"x"', '"sha256:0"', '"a", '.repeat(1000)]],
  ['expect', ['100-continue', '200-ok']],
  ['host', ['', 'evil.example', '[::1', 'a:b:c']],
  ['x-forwarded-for', ['1.2.3.4', "' or 1=1", ','.repeat(3000)]],
  ['content-encoding', ['gzip', 'br', 'bogus']],
  ['cookie', ['a=b', '='.repeat(4000)]],
];
const ODD_AUTHORIZATIONS = [
  '',
  'Bearer',
  'Bearer x',
  'Bearer a.b.c',
  `Bearer ${'e30.'.repeat(3)}`,
  'Basic',
  'Basic !!!',
  'Basic OjA=',
  `Basic ${'A'.repeat(20000)}`,
  'Digest x',
  'Bearer eyJhbGciOiJub25lIn0.e30.',
];
const ODD_BODIES = [
  '',
  '{',
  'null',
  '[]',
  '"x"',
  '{"schemaVersion":1}',
  '{"schemaVersion":2,"mediaType":5,"config":null,"layers":{}}',
  '['.repeat(100_000),
  '{"a":'.repeat(20_000),
  '\ufeff{}',
];

/** The draft with one to three things wrong with it, and how its authorization is overridden. */
export function mutate(draft: Draft, random: Random): Draft & { readonly rawAuthorization?: string } {
  let mutated: Draft & { rawAuthorization?: string } = { ...draft };
  for (let i = 1 + random.below(3); i > 0; i--) mutated = { ...mutated, ...random.pick(MUTATIONS)(mutated, random) };
  return mutated;
}

type Mutation = (draft: Draft, random: Random) => Partial<Draft> & { rawAuthorization?: string };

const MUTATIONS: readonly Mutation[] = [
  ({ path }, random) => ({ path: splice(path, random, random.pick(ODD_TEXT)) }),
  ({ path }, random) => ({ path: encodeOne(path, random) }),
  ({ path }, random) => ({ path: `${path}${path.includes('?') ? '&' : '?'}${query(random)}` }),
  ({ headers }, random) => {
    const [name, values] = random.pick(ODD_HEADERS);
    return { headers: { ...headers, [name]: random.pick(values) } };
  },
  (_, random) => ({
    method: random.pick(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']),
  }),
  (_, random) => ({ rawAuthorization: random.pick(ODD_AUTHORIZATIONS) }),
  (_, random) => ({ body: Buffer.from(random.pick(ODD_BODIES)) }),
  ({ body }, random) =>
    body === undefined || body.length === 0 ? { body: random.bytes(100) } : { body: damage(body, random) },
  ({ path }, random) => ({
    path: path.replace(/sha(256|512)/, random.pick(['sha384', 'SHA256', 'md5', 'sha512', 'sha256:sha256'])),
  }),
];

function splice(path: string, random: Random, text: string): string {
  const at = 1 + random.below(path.length);
  return path.slice(0, at) + printable(text) + path.slice(at + random.below(3));
}

function encodeOne(path: string, random: Random): string {
  const at = 1 + random.below(Math.max(1, path.length - 1));
  const character = path.charCodeAt(at);
  return Number.isNaN(character)
    ? path
    : `${path.slice(0, at)}%${character.toString(16).padStart(2, '0')}${path.slice(at + 1)}`;
}

function query(random: Random): string {
  const name = random.pick([
    'n',
    'last',
    'digest',
    'mount',
    'from',
    'tag',
    'artifactType',
    'ns',
    'scope',
    'service',
    'digest-algorithm',
  ]);
  return `${name}=${printable(random.pick([...ODD_NUMBERS, ...ODD_TEXT]))}`;
}

function damage(body: Buffer, random: Random): Buffer {
  const copy = Buffer.from(body);
  if (random.chance(0.5)) return copy.subarray(0, random.below(copy.length));
  for (let i = 0; i < 3; i++) copy[random.below(copy.length)] = random.below(256);
  return copy;
}

/** Only what a request line can carry; the rest is for the raw connections. */
function printable(text: string): string {
  return text.replaceAll(/[^!-~]/g, (character) => encodeURIComponent(character));
}
