import type { Hints } from './hints.ts';

/** Carries each hint by several carriers, so that it arrives as long as one of them works. It is heard once from each. */
export function joinHints(...carriers: readonly Hints[]): Hints {
  return {
    tell(topic, detail) {
      for (const carrier of carriers) carrier.tell(topic, detail);
    },
    onHint(topic, listener) {
      const ends = carriers.map((carrier) => carrier.onHint(topic, listener));
      return () => {
        for (const end of ends) end();
      };
    },
    async close() {
      await Promise.all(carriers.map((carrier) => carrier.close()));
    },
  };
}
