import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Hints } from '../index.ts';

/** Two ends of one carrier; the same object twice where it joins only one process. */
export interface HintsUnderTest {
  readonly here: Hints;
  readonly there: Hints;
  close(): Promise<void>;
}

/** What every carrier of hints keeps. */
export function describeHints(title: string, open: () => Promise<HintsUnderTest>): void {
  describe(title, () => {
    let ends: HintsUnderTest;
    beforeEach(async () => {
      ends = await open();
    });
    afterEach(() => ends.close());

    const heardBy = (hints: Hints, topic: string) => {
      const heard: (string | undefined)[] = [];
      return { heard, stop: hints.onHint(topic, (detail) => heard.push(detail)) };
    };

    it('a hint reaches the other node within a second, and the own one at once', async () => {
      const there = heardBy(ends.there, 'colour');
      const here = heardBy(ends.here, 'colour');
      ends.here.tell('colour', 'green "é\\');
      expect(here.heard).toEqual(['green "é\\']);
      await expect.poll(() => there.heard, { timeout: 1000 }).toEqual(['green "é\\']);
      ends.there.tell('colour');
      await expect.poll(() => here.heard, { timeout: 1000 }).toEqual(['green "é\\', undefined]);
    });

    it('only listeners of the topic hear it, and only while they listen', async () => {
      const other = heardBy(ends.there, 'shape');
      const ended = heardBy(ends.there, 'colour');
      ended.stop();
      const last = heardBy(ends.there, 'colour');
      ends.here.tell('colour', '1');
      await expect.poll(() => last.heard, { timeout: 1000 }).toEqual(['1']);
      expect([other.heard, ended.heard]).toEqual([[], []]);
    });

    it('takes a hint after it was closed, without effect', async () => {
      await ends.close();
      ends.here.tell('colour');
    });
  });
}
