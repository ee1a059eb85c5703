import fc from 'fast-check';
import { expect, test } from 'vitest';
import { writeFamily } from './write-text.ts';

test('any text is a label value that can be read back, and any help stays on its line', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (value, help) => {
      const text = writeFamily({ name: 'g', help, type: 'gauge' }, [{ labels: { value }, value: 1 }]);
      const lines = text.split('\n');
      expect(lines).toHaveLength(4);
      expect(lines[0]?.startsWith('# HELP g ')).toBe(true);
      const quoted = /^g\{value="((?:[^"\\\n]|\\[\\n"])*)"\} 1$/.exec(lines[2] ?? '')?.[1];
      expect(quoted?.replaceAll(/\\([\\n"])/g, (_, char: string) => (char === 'n' ? '\n' : char))).toBe(value);
    }),
  );
});

test('numbers that are none are written as the format has them', () => {
  const written = (value: number) => writeFamily({ name: 'g', help: '', type: 'gauge' }, [{ value }]).split('\n')[2];
  expect([Number.NaN, Infinity, -Infinity, 0.1, 1e21].map(written)).toEqual([
    'g NaN',
    'g +Inf',
    'g -Inf',
    'g 0.1',
    'g 1e+21',
  ]);
  expect(writeFamily({ name: 'g', help: '', type: 'gauge' }, [])).toBe('');
});
