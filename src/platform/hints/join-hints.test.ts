import { expect, test } from 'vitest';
import { createLocalHints, joinHints } from './index.ts';

test('a hint arrives as long as one carrier works', () => {
  const [working, broken] = [createLocalHints(), createLocalHints()];
  const here = joinHints(broken, working);
  const heard: (string | undefined)[] = [];
  // The other end hears only one of the two.
  const end = working.onHint('colour', (detail) => heard.push(detail));
  here.tell('colour', 'green');
  end();
  here.tell('colour', 'blue');
  expect(heard).toEqual(['green']);
});

test('what comes by either carrier is heard, until the listener ends', () => {
  const [first, second] = [createLocalHints(), createLocalHints()];
  const here = joinHints(first, second);
  const heard: (string | undefined)[] = [];
  const end = here.onHint('colour', (detail) => heard.push(detail));
  first.tell('colour', 'by the first');
  second.tell('colour');
  end();
  first.tell('colour', 'late');
  expect(heard).toEqual(['by the first', undefined]);
});
