import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ADDRESS_SPACE } from './address-space.ts';

const SOURCE = join(import.meta.dirname, '..');

/** What is served beside the address space, on a port of its own. */
const OWN_PORTS = ['app/listen-for-metrics.ts', 'app/run-mirror-role.ts'];

test('nothing is mounted but what the address space lists with who may call it', () => {
  const mounting = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter(
    (path) =>
      path.endsWith('.ts') &&
      !/\.test\.ts$|\/testing\//.test(path) &&
      /\bprefix: ['"`]\//.test(readFileSync(join(SOURCE, path), 'utf8')),
  );
  expect(mounting.toSorted()).toEqual(['app/address-space.ts', ...OWN_PORTS]);
});

test('answers that hold what people wrote are never taken for anything but what they are called', () => {
  const sniffed = ADDRESS_SPACE.filter((range) => !('headers' in range && 'X-Content-Type-Options' in range.headers));
  // Pages set their own headers; the others hold nothing that anybody wrote.
  expect(sniffed.map(({ prefix }) => prefix)).toEqual([
    '/v1',
    '/confirm',
    '/recovery',
    '/confirminvite',
    '/health',
    '/status',
    '/metrics',
    '/',
  ]);
});
